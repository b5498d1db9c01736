using System.Net;
using System.Text;
using Portico.Http;
using Portico.Http.Http1;
using Portico.Net;
using Portico.Net.Sockets;
using Portico.TestKit.Wire;
using HttpMethod = Portico.Http.Messages.HttpMethod;

namespace Portico.DataPlaneTests;

/// <summary>A backend on the engine's own server, with a shard of its own so that it counts for nothing on the gateway's.</summary>
public sealed class AllocationBackend : IExchangeHandler, IDisposable
{
    private const int LargeBytes = 100_000;

    private static readonly byte[] Payload = Encoding.ASCII.GetBytes(new string('p', 98));

    private readonly Shard _shard = new(0);
    private readonly Stack<byte[]> _free = new();
    private readonly Http1Server _server;
    private readonly Answer _answer;

    private AllocationBackend(Answer answer)
    {
        _answer = answer;
        _server = new Http1Server(this) { Limits = new Http1Limits { KeepAliveRequests = int.MaxValue } };
    }

    public enum Answer
    {
        Nothing,
        Announced,
        Chunked,

        /// <summary>Chunked, with its head sent alone in front of its first piece.</summary>
        Pausing,
        Large,
    }

    public int Port { get; private set; }

    public static async Task<AllocationBackend> StartAsync(Answer answer)
    {
        var backend = new AllocationBackend(answer);
        var listener = Listener.Open(backend._shard, IPAddress.Loopback, 0, backend.Serve, out var error) ?? throw new IOException(error);
        backend.Port = listener.Port;
        backend._shard.Start();
        await backend._shard.InvokeAsync(() =>
        {
            listener.Start();
            return true;
        }).Within("the backend listens");
        return backend;
    }

    public ValueTask<bool> HandleAsync(Exchange exchange) => exchange.Request.WantsUpgrade ? SwitchAsync(exchange) : RespondAsync(exchange);

    private static async ValueTask<bool> SwitchAsync(Exchange exchange)
    {
        exchange.StartResponse(101);
        exchange.Add("Upgrade"u8, "websocket"u8);
        exchange.EndHeaders(null, hasBody: false);
        exchange.Tunnel = new SilentTunnel();
        return await exchange.FinishAsync() >= 0;
    }

    private async ValueTask<bool> RespondAsync(Exchange exchange)
    {
        var buffer = _free.TryPop(out var free) ? free : new byte[LargeBytes + BodyRoom.Before + BodyRoom.After];
        while (!exchange.RequestBodyComplete && await exchange.ReadBodyAsync(buffer, 0, LargeBytes) > 0)
        {
        }

        exchange.StartResponse(200);
        exchange.Add("Content-Type"u8, "text/plain"u8);
        var count = _answer switch
        {
            Answer.Nothing => 0,
            Answer.Large => LargeBytes,
            _ => Payload.Length,
        };
        Payload.CopyTo(buffer.AsSpan(BodyRoom.Before));
        exchange.EndHeaders(_answer is Answer.Chunked or Answer.Pausing ? null : count, count > 0);
        if (_answer == Answer.Pausing)
        {
            await exchange.WriteBodyAsync(buffer, 0, 0, last: false);
            await NextTurnAsync();
        }

        if (count > 0 && exchange.Request.Method != HttpMethod.Head)
        {
            await exchange.WriteBodyAsync(buffer, BodyRoom.Before, count, last: true);
        }

        _free.Push(buffer);
        return await exchange.FinishAsync() >= 0;
    }

    public void Dispose() => _shard.Dispose();

    private void Serve(Connection connection) => _shard.Watch(Http1ServerConnection.RunAsync(_server, connection));

    /// <summary>Says nothing and waits for the other side's end.</summary>
    private sealed class SilentTunnel : ITunnel
    {
        public async ValueTask<bool> RunAsync(IClientStream client) => await client.WaitForInputAsync(Timeout.InfiniteTimeSpan) >= 0;
    }

    /// <summary>Goes on when the shard has looked after everybody else.</summary>
    private Task NextTurnAsync()
    {
        var next = new TaskCompletionSource();
        _shard.Post(_ => next.SetResult(), null);
        return next.Task;
    }
}
