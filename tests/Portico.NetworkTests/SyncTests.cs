using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>Changes that are awkward: of what is not there any more, of names, of thousands at once.</summary>
public sealed class SyncTests(OneNode net) : IClassFixture<OneNode>
{
    private const string Address = "10.96.0.10";

    [Fact]
    public void A_change_of_elements_that_somebody_took_away_is_made_good()
    {
        using var program = net.StartLive(Service() + Slice("1"));
        Assert.Equal((0, ""), net.Nft("flush", "map", "ip", "portico", "endpoints-tcp"));
        net.Change(Service() + Slice("2"));
        Until.Is("p2", () => net.TcpForASecond("p3", Address, 80).Split(' ')[0]);

        // On a slow machine the comparison may have come before the change.
        Assert.True(
            program.Output.Contains("elements of endpoints-tcp: No such file or directory", StringComparison.Ordinal) || program.Output.Contains("was written again", StringComparison.Ordinal),
            program.Output);
        net.Change(Service() + Slice("3"));
        Until.Is("p3", () => net.Tcp("p2", Address, 80).Split(' ')[0]);
    }

    [Fact]
    public async Task A_port_that_gets_another_name_loses_no_connection()
    {
        static string Named(string name, string pod) => Service(ports: $"[{{name: {name}, port: 80}}]") + Slice(pod, ports: $"[{{name: {name}, port: 8080}}]");
        using var program = net.StartLive(Named("http", "1"));
        using var done = new CancellationTokenSource();
        var loop = Task.Run(() =>
        {
            var answers = new HashSet<string>(StringComparer.Ordinal);
            while (!done.IsCancellationRequested)
            {
                answers.Add(net.Tcp("cli", Address, 80));
            }

            return answers;
        });
        foreach (var (name, pod) in ((string, string)[])[("web", "2"), ("http", "1"), ("www", "2")])
        {
            net.Change(Named(name, pod));
            Until.Is($"p{pod} 10.1.3.2", () => net.Tcp("p3", Address, 80));
        }

        await done.CancelAsync();
        Assert.Equal(["p1 10.1.1.1", "p2 10.1.2.1"], (await loop).Order(StringComparer.Ordinal));
        Assert.DoesNotContain("refused", program.Output, StringComparison.Ordinal);
    }
}
