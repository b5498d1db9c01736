using System.Net;
using Portico.Net.Dns;
using Xunit;

namespace Portico.UnitTests.Dns;

public sealed class DnsResolverTests : IDisposable
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("portico-dns");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task An_address_is_found_and_only_ipv4_is_asked_for()
    {
        await using var server = new FakeDnsServer(FakeDnsServer.Zone(("web.test", [DnsBytes.Address("web.test", "10.0.0.1", 30), DnsBytes.Address("web.test", "10.0.0.2", 20), DnsBytes.Address("web.test", "fd00::1")])));
        var answer = await ResolveAsync(server, "WEB.test");
        Assert.Equal(DnsStatus.Success, answer.Status);
        Assert.Equal(["10.0.0.1", "10.0.0.2"], Texts(answer));
        Assert.Equal(TimeSpan.FromSeconds(20), answer.TimeToLive);
        Assert.Null(answer.Error);
        Assert.Equal(DnsBytes.A, Assert.Single(server.Questions).Type);
    }

    [Fact]
    public async Task Ipv6_is_asked_for_when_there_is_no_ipv4()
    {
        await using var server = new FakeDnsServer(FakeDnsServer.Zone(("web.test", [DnsBytes.Address("web.test", "fd00::1")])));
        Assert.Equal(["fd00::1"], Texts(await ResolveAsync(server, "web.test")));
    }

    [Fact]
    public async Task Both_kinds_are_answered_when_asked_for()
    {
        await using var server = new FakeDnsServer(FakeDnsServer.Zone(("web.test", [DnsBytes.Address("web.test", "fd00::1", 5), DnsBytes.Address("web.test", "10.0.0.1", 50)])));
        var answer = await ResolveAsync(server, "web.test", options => options with { Addresses = AddressPreference.Both });
        Assert.Equal(["10.0.0.1", "fd00::1"], Texts(answer));
        Assert.Equal(TimeSpan.FromSeconds(5), answer.TimeToLive);
    }

    [Fact]
    public async Task Aliases_are_followed_and_the_shortest_time_counts()
    {
        await using var server = new FakeDnsServer(FakeDnsServer.Zone(("web.test", [DnsBytes.Address("c.test", "10.0.0.1", 100), DnsBytes.Alias("b.test", "c.test", 7), DnsBytes.Alias("web.test", "b.test", 50), DnsBytes.Address("stranger.test", "6.6.6.6")])));
        var answer = await ResolveAsync(server, "web.test");
        Assert.Equal(["10.0.0.1"], Texts(answer));
        Assert.Equal(TimeSpan.FromSeconds(7), answer.TimeToLive);
    }

    [Fact]
    public async Task Aliases_in_a_circle_lead_to_no_address()
    {
        await using var server = new FakeDnsServer(FakeDnsServer.Zone(("a.test", [DnsBytes.Alias("a.test", "b.test"), DnsBytes.Alias("b.test", "a.test")])));
        Assert.Equal(DnsStatus.NoAddress, (await ResolveAsync(server, "a.test")).Status);
    }

    [Theory]
    [InlineData(0u, 1)]
    [InlineData(100_000u, 3600)]
    [InlineData(0xFFFFFFFFu, 1)]
    public async Task The_time_to_live_is_between_a_second_and_an_hour(uint sent, int expectedSeconds)
    {
        await using var server = new FakeDnsServer(FakeDnsServer.Zone(("web.test", [DnsBytes.Address("web.test", "10.0.0.1", sent)])));
        Assert.Equal(TimeSpan.FromSeconds(expectedSeconds), (await ResolveAsync(server, "web.test")).TimeToLive);
    }

    [Fact]
    public async Task Without_IPv6_only_IPv4_is_asked_for_and_answered()
    {
        await using var server = new FakeDnsServer(FakeDnsServer.Zone(("six.test", [DnsBytes.Address("six.test", "fd00::1")])));
        var resolver = Resolver(server.Port, "nameserver 127.0.0.1\n", options => options);
        Assert.Equal(["fd00::1"], Texts(await resolver.ResolveAsync("six.test", TestContext.Current.CancellationToken)));
        resolver.WithoutIPv6 = true;
        Assert.Equal(DnsStatus.NoAddress, (await resolver.ResolveAsync("six.test", TestContext.Current.CancellationToken)).Status);
    }

    [Fact]
    public async Task A_missing_name_and_a_name_without_address_are_told_apart()
    {
        await using var server = new FakeDnsServer(FakeDnsServer.Zone(("empty.test", [])));
        var missing = await ResolveAsync(server, "missing.test");
        Assert.Equal((DnsStatus.NoSuchName, TimeSpan.FromSeconds(30)), (missing.Status, missing.TimeToLive));
        Assert.Contains("missing.test", missing.Error, StringComparison.Ordinal);
        Assert.Empty(missing.Addresses);
        Assert.Equal(DnsStatus.NoAddress, (await ResolveAsync(server, "empty.test")).Status);
    }

    [Fact]
    public async Task The_search_list_is_tried_in_order_unless_the_name_ends_with_a_dot()
    {
        await using var server = new FakeDnsServer(FakeDnsServer.Zone(("web.b.test", [DnsBytes.Address("web.b.test", "10.0.0.1")]), ("web", [DnsBytes.Address("web", "10.0.0.9")])));
        const string search = "search a.test b.test\noptions ndots:2";
        Assert.Equal(["10.0.0.1"], Texts(await ResolveAsync(server, "web", configuration: search)));
        Assert.Equal(["web.a.test", "web.b.test"], server.Questions.Select(question => question.Name));
        Assert.Equal(["10.0.0.9"], Texts(await ResolveAsync(server, "web.", configuration: search)));
    }

    [Fact]
    public async Task An_answer_that_does_not_fit_is_asked_for_over_tcp()
    {
        var many = Enumerable.Range(1, 200).Select(i => DnsBytes.Address("web.test", $"10.0.0.{i}")).ToArray();
        await using var server = new FakeDnsServer(question => question.OverTcp
            ? DnsBytes.Message(question.Id, 0x8180, "web.test", DnsBytes.A, many)
            : DnsBytes.Message(question.Id, 0x8380, "web.test", DnsBytes.A, []));
        Assert.Equal(200, (await ResolveAsync(server, "web.test")).Addresses.Count);
        Assert.Equal([false, true], server.Questions.Select(question => question.OverTcp));
    }

    [Fact]
    public async Task Forged_and_broken_answers_are_passed_over()
    {
        await using var server = new FakeDnsServer(
            question =>
            [
                DnsBytes.Message((ushort)(question.Id + 1), 0x8180, "web.test", DnsBytes.A, [DnsBytes.Address("web.test", "6.6.6.6")]),
                DnsBytes.Message(question.Id, 0x8180, "other.test", DnsBytes.A, [DnsBytes.Address("other.test", "6.6.6.6")]),
                DnsBytes.Message(question.Id, 0x8180, "web.test", DnsBytes.Aaaa, [DnsBytes.Address("web.test", "fd00::6")]),
                DnsBytes.Message(question.Id, 0x0100, "web.test", DnsBytes.A, [DnsBytes.Address("web.test", "6.6.6.6")]),
                [1, 2, 3],
                DnsBytes.Message(question.Id, 0x8180, "WEB.Test", DnsBytes.A, [DnsBytes.Address("Web.TEST", "10.0.0.1")]),
            ],
            IPAddress.Loopback,
            0);
        Assert.Equal(["10.0.0.1"], Texts(await ResolveAsync(server, "web.test")));
    }

    [Fact]
    public async Task Ids_and_ports_differ_from_query_to_query()
    {
        await using var server = new FakeDnsServer(FakeDnsServer.Zone(("web.test", [DnsBytes.Address("web.test", "10.0.0.1")])));
        for (var i = 0; i < 16; i++)
        {
            await ResolveAsync(server, "web.test");
        }

        Assert.InRange(server.Questions.Select(question => question.Id).Distinct().Count(), 14, 16);
        Assert.InRange(server.ClientPorts.Distinct().Count(), 8, 16);
    }

    [Fact]
    public async Task The_next_server_is_asked_when_one_refuses_or_is_silent()
    {
        await using var silent = new FakeDnsServer(_ => null, "127.0.0.1");
        await using var failing = new FakeDnsServer(question => DnsBytes.Message(question.Id, 0x8182, question.Name, question.Type, []), "127.0.0.2", silent.Port);
        await using var good = new FakeDnsServer(FakeDnsServer.Zone(("web.test", [DnsBytes.Address("web.test", "10.0.0.1")])), "127.0.0.3", silent.Port);
        var resolver = Resolver(silent.Port, "nameserver 127.0.0.1\nnameserver 127.0.0.2\nnameserver 127.0.0.3", options => options with { Timeout = Short });
        Assert.Equal(["10.0.0.1"], Texts(await resolver.ResolveAsync("web.test", TestContext.Current.CancellationToken)));
        Assert.Single(silent.Questions);
        Assert.Single(failing.Questions);
    }

    [Fact]
    public async Task Servers_take_turns_when_rotation_is_on()
    {
        var zone = FakeDnsServer.Zone(("web.test", [DnsBytes.Address("web.test", "10.0.0.1")]));
        await using var one = new FakeDnsServer(zone, "127.0.0.1");
        await using var two = new FakeDnsServer(zone, "127.0.0.2", one.Port);
        var resolver = Resolver(one.Port, "nameserver 127.0.0.1\nnameserver 127.0.0.2\noptions rotate", options => options);
        for (var i = 0; i < 4; i++)
        {
            await resolver.ResolveAsync("web.test", TestContext.Current.CancellationToken);
        }

        Assert.Equal((2, 2), (one.Questions.Count, two.Questions.Count));
    }

    [Fact]
    public async Task Silence_is_a_timeout_after_all_attempts()
    {
        await using var server = new FakeDnsServer(_ => null);
        var answer = await ResolveAsync(server, "web.test", options => options with { Timeout = Short }, "search a.test\noptions attempts:2");
        Assert.Equal(DnsStatus.Timeout, answer.Status);
        Assert.Equal(2, server.Questions.Count);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_a_failure_at_once()
    {
        var server = new FakeDnsServer(_ => null);
        await server.DisposeAsync();
        Assert.Equal(DnsStatus.ServerFailure, (await ResolveAsync(server, "web.test")).Status);
    }

    [Fact]
    public async Task A_server_that_hangs_up_on_tcp_is_a_failure()
    {
        await using var server = new FakeDnsServer(question => question.OverTcp ? null : DnsBytes.Message(question.Id, 0x8380, "web.test", DnsBytes.A, []));
        Assert.Equal(DnsStatus.ServerFailure, (await ResolveAsync(server, "web.test")).Status);
        Assert.Equal([false, true, false, true], server.Questions.Select(question => question.OverTcp));
    }

    [Fact]
    public async Task A_lookup_can_be_cancelled()
    {
        await using var server = new FakeDnsServer(_ => null);
        using var cancellation = new CancellationTokenSource();
        var lookup = Resolver(server.Port, "nameserver 127.0.0.1", options => options).ResolveAsync("web.test", cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lookup);
    }

    [Fact]
    public async Task The_hosts_file_comes_first_and_is_read_again_when_it_changes()
    {
        await using var server = new FakeDnsServer(FakeDnsServer.Zone());
        var resolver = Resolver(server.Port, "nameserver 127.0.0.1", options => options);
        var hosts = Path.Combine(_directory.FullName, "hosts");
        await File.WriteAllTextAsync(hosts, "fd00::7 web.test\n10.0.0.7 web.test\n", TestContext.Current.CancellationToken);
        Assert.Equal(["10.0.0.7"], Texts(await resolver.ResolveAsync("web.test", TestContext.Current.CancellationToken)));
        await File.WriteAllTextAsync(hosts, "10.0.0.88 web.test\n", TestContext.Current.CancellationToken);
        Assert.Equal(["10.0.0.88"], Texts(await resolver.ResolveAsync("web.test", TestContext.Current.CancellationToken)));
        File.Delete(hosts);
        Assert.Equal(DnsStatus.NoSuchName, (await resolver.ResolveAsync("web.test", TestContext.Current.CancellationToken)).Status);
    }

    [Fact]
    public async Task The_list_of_servers_is_read_again_when_it_changes()
    {
        await using var one = new FakeDnsServer(FakeDnsServer.Zone(("web.test", [DnsBytes.Address("web.test", "10.0.0.1")])), "127.0.0.1");
        await using var two = new FakeDnsServer(FakeDnsServer.Zone(("web.test", [DnsBytes.Address("web.test", "10.0.0.2")])), "127.0.0.22", one.Port);
        var resolver = Resolver(one.Port, "nameserver 127.0.0.1", options => options);
        Assert.Equal(["10.0.0.1"], Texts(await resolver.ResolveAsync("web.test", TestContext.Current.CancellationToken)));
        await File.WriteAllTextAsync(Path.Combine(_directory.FullName, "resolv.conf"), "nameserver 127.0.0.22", TestContext.Current.CancellationToken);
        Assert.Equal(["10.0.0.2"], Texts(await resolver.ResolveAsync("web.test", TestContext.Current.CancellationToken)));
    }

    [Theory]
    [InlineData("10.0.0.1", DnsStatus.AddressLiteral)]
    [InlineData("fd00::1", DnsStatus.AddressLiteral)]
    [InlineData("not a name", DnsStatus.InvalidName)]
    [InlineData("", DnsStatus.InvalidName)]
    [InlineData("a..b", DnsStatus.InvalidName)]
    public async Task What_is_no_name_is_not_asked_for(string text, DnsStatus expected)
    {
        await using var server = new FakeDnsServer(FakeDnsServer.Zone());
        var answer = await ResolveAsync(server, text);
        Assert.Equal(expected, answer.Status);
        Assert.NotNull(answer.Error);
        Assert.Empty(server.Questions);
    }

    private static IEnumerable<string> Texts(DnsAnswer answer) => answer.Addresses.Select(address => address.ToString());

    private Task<DnsAnswer> ResolveAsync(FakeDnsServer server, string name, Func<DnsResolverOptions, DnsResolverOptions>? change = null, string configuration = "") =>
        Resolver(server.Port, $"nameserver 127.0.0.1\n{configuration}", change ?? (options => options)).ResolveAsync(name, TestContext.Current.CancellationToken);

    private DnsResolver Resolver(int port, string configuration, Func<DnsResolverOptions, DnsResolverOptions> change)
    {
        var path = Path.Combine(_directory.FullName, "resolv.conf");
        File.WriteAllText(path, configuration);
        return new DnsResolver(change(new DnsResolverOptions
        {
            ResolvConfPath = path,
            HostsPath = Path.Combine(_directory.FullName, "hosts"),
            Port = port,
            Timeout = Long,
        }));
    }
}
