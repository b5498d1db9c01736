using System.Globalization;
using System.Net;
using Portico.PeerTests.Programs;
using Portico.TestKit.Manifests;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.PeerTests.Dns;

/// <summary>Debian's dnsmasq, which knows a few names and asks nobody: UDP and TCP on one port.</summary>
public sealed class DnsServer : IAsyncLifetime
{
    /// <summary>Ten strings of 200 letters: more than a datagram of DNS carries, so that dig asks again over TCP.</summary>
    internal static readonly string[] LongText = [.. Enumerable.Range(0, 10).Select(i => new string((char)('a' + i), 200))];

    private readonly IPEndPoint _at = new(IPAddress.Loopback, FreePorts.Next());
    private PeerProgram? _server;

    internal ServiceEndpoint Endpoint => new("127.0.0.1", _at.Port);

    public async ValueTask InitializeAsync()
    {
        _server = PeerProgram.Start(
            "/usr/sbin/dnsmasq",
            [
                "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--user=" + Environment.UserName, "--no-resolv", "--no-hosts",
                "--listen-address=127.0.0.1", "--bind-interfaces", "--port=" + _at.Port.ToString(CultureInfo.InvariantCulture),
                "--address=/door.test/192.0.2.7", "--txt-record=words.test,come in", .. LongText.Select(text => "--txt-record=long.test," + text),
            ]);
        await Eventually.TrueAsync(
            async () => _server.HasExited
                ? throw new InvalidOperationException("dnsmasq has ended: " + _server.Output)
                : await DigAsync(_at, "door.test", "A", "+time=1") == "192.0.2.7\n",
            "dnsmasq answers");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <summary>What dig prints: with +short the answers, one a line.</summary>
    internal static async Task<string> DigAsync(IPEndPoint at, params string[] question) =>
        Text.Of(await PeerProgram.RunAsync("dig", ["@" + at.Address, "-p", at.Port.ToString(CultureInfo.InvariantCulture), "+short", "+tries=1", .. question]));
}
