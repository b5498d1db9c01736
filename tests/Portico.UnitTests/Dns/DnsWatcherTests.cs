using System.Net;
using System.Threading.Channels;
using Portico.Net.Dns;
using Xunit;

namespace Portico.UnitTests.Dns;

public class DnsWatcherTests
{
    private readonly Channel<(string Name, TaskCompletionSource<DnsAnswer> Answer)> _lookups = Channel.CreateUnbounded<(string, TaskCompletionSource<DnsAnswer>)>();
    private readonly Channel<(string Name, DnsAnswer Answer)> _changes = Channel.CreateUnbounded<(string, DnsAnswer)>();
    private readonly PausedTime _time = new();

    [Fact]
    public async Task A_name_is_resolved_at_once_and_again_when_its_time_ends()
    {
        await using var watcher = Watcher();
        watcher.Watch(["web.test"]);
        Assert.Null(watcher.Latest("web.test"));
        await AnswerAsync(Found(30, "10.0.0.1"));
        Assert.Equal("10.0.0.1", await ChangeAsync());
        Assert.Equal(TimeSpan.FromSeconds(30), await ElapseAsync());
        await AnswerAsync(Found(7, "10.0.0.2"));
        Assert.Equal("10.0.0.2", await ChangeAsync());
        Assert.Equal(TimeSpan.FromSeconds(7), await ElapseAsync());
        Assert.Equal("10.0.0.2", watcher.Latest("WEB.test")!.Addresses.Single().ToString());
    }

    [Fact]
    public async Task The_same_addresses_in_another_order_are_no_change()
    {
        await using var watcher = Watcher();
        watcher.Watch(["web.test"]);
        await AnswerAsync(Found(1, "10.0.0.1", "10.0.0.2"));
        Assert.Equal("10.0.0.1 10.0.0.2", await ChangeAsync());
        await ElapseAsync();
        await AnswerAsync(Found(1, "10.0.0.2", "10.0.0.1"));
        await ElapseAsync();
        await AnswerAsync(Found(1, "10.0.0.2"));
        Assert.Equal("10.0.0.2", await ChangeAsync());
    }

    [Fact]
    public async Task A_failure_leaves_no_address_and_is_retried_soon_until_it_ends()
    {
        await using var watcher = Watcher();
        watcher.Watch(["web.test"]);
        await AnswerAsync(Found(60, "10.0.0.1"));
        Assert.Equal("10.0.0.1", await ChangeAsync());
        await ElapseAsync();
        var pauses = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            await AnswerAsync(new DnsAnswer { Status = DnsStatus.ServerFailure, TimeToLive = TimeSpan.FromHours(1) });
            if (i == 0)
            {
                Assert.Equal("", await ChangeAsync());
            }

            pauses.Add((await ElapseAsync()).TotalSeconds);
        }

        Assert.Equal([1, 2, 4, 5, 5], pauses);
        await AnswerAsync(Found(60, "10.0.0.1"));
        Assert.Equal("10.0.0.1", await ChangeAsync());
    }

    [Fact]
    public async Task An_address_that_poses_as_a_name_has_no_endpoints()
    {
        await using var watcher = Watcher();
        watcher.Watch(["10.0.0.1"]);
        await AnswerAsync(new DnsAnswer { Status = DnsStatus.AddressLiteral, TimeToLive = TimeSpan.FromHours(1) });
        Assert.Equal("", await ChangeAsync());
    }

    [Fact]
    public async Task Names_that_stay_are_not_asked_for_again_and_names_that_go_fall_silent()
    {
        await using var watcher = Watcher();
        watcher.Watch(["a.test", "b.test"]);
        var first = await _lookups.Reader.ReadAsync(TestContext.Current.CancellationToken);
        var second = await _lookups.Reader.ReadAsync(TestContext.Current.CancellationToken);
        var (a, b) = first.Name == "a.test" ? (first, second) : (second, first);
        watcher.Watch(["A.TEST"]);
        b.Answer.SetResult(Found(1, "10.0.0.2"));
        a.Answer.SetResult(Found(1, "10.0.0.1"));
        var (name, _) = await _changes.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal("a.test", name);
        Assert.Null(watcher.Latest("b.test"));
        watcher.Watch(["a.test", "c.test"]);
        Assert.Equal("c.test", (await _lookups.Reader.ReadAsync(TestContext.Current.CancellationToken)).Name);
    }

    private static DnsAnswer Found(int seconds, params string[] addresses) => new()
    {
        Status = DnsStatus.Success,
        Addresses = [.. addresses.Select(IPAddress.Parse)],
        TimeToLive = TimeSpan.FromSeconds(seconds),
    };

    private DnsWatcher Watcher() => new(
        (name, cancellation) =>
        {
            var answer = new TaskCompletionSource<DnsAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
            _lookups.Writer.TryWrite((name, answer));
            return answer.Task.WaitAsync(cancellation);
        },
        (name, answer) => _changes.Writer.TryWrite((name, answer)),
        _time);

    private async Task AnswerAsync(DnsAnswer answer) =>
        (await _lookups.Reader.ReadAsync(TestContext.Current.CancellationToken)).Answer.SetResult(answer);

    private async Task<string> ChangeAsync() =>
        string.Join(' ', (await _changes.Reader.ReadAsync(TestContext.Current.CancellationToken)).Answer.Addresses);

    private Task<TimeSpan> ElapseAsync() => _time.ElapseNextAsync(TestContext.Current.CancellationToken);
}
