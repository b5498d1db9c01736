using System.Globalization;
using System.Net;
using Portico.PeerTests.Programs;
using Portico.TestKit.Manifests;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.PeerTests.Redis;

/// <summary>Debian's Redis on a port of its own, without a file on disk.</summary>
public sealed class RedisServer : IAsyncLifetime
{
    private readonly IPEndPoint _at = new(IPAddress.Loopback, FreePorts.Next());
    private PeerProgram? _server;

    internal IPEndPoint Address => _at;

    internal ServiceEndpoint Endpoint => new("127.0.0.1", _at.Port);

    public async ValueTask InitializeAsync()
    {
        _server = PeerProgram.Start("redis-server", "--port", Port(_at), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no");
        await Eventually.TrueAsync(async () => await AskAsync(_at, "ping") == "PONG", "Redis answers");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <summary>One command of redis-cli, and its answer without the line's end.</summary>
    internal static async Task<string> AskAsync(IPEndPoint at, params string[] command) => Text.Of(await AskBytesAsync(at, command)).TrimEnd('\n');

    /// <param name="last">The last argument of the command, given on standard input; none when empty.</param>
    internal static Task<byte[]> AskBytesAsync(IPEndPoint at, string[] command, ReadOnlyMemory<byte> last = default) =>
        PeerProgram.RunAsync("redis-cli", [.. Cli(at), .. last.IsEmpty ? Array.Empty<string>() : ["-x"], .. command], last);

    /// <summary>A redis-cli that stays subscribed to a channel.</summary>
    internal static PeerProgram Subscribe(IPEndPoint at, string channel) => PeerProgram.Start("redis-cli", [.. Cli(at), "subscribe", channel]);

    private static string[] Cli(IPEndPoint at) => ["-h", at.Address.ToString(), "-p", Port(at), "--raw"];

    private static string Port(IPEndPoint at) => at.Port.ToString(CultureInfo.InvariantCulture);
}
