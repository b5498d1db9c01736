using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Portico.Http;
using Portico.Http.Http1;
using Portico.Http.Http2;
using Portico.Http.Messages;
using Portico.TestKit.Http2;

namespace Portico.Fuzz.Targets;

/// <summary>
/// A connection with a client of HTTP/2 that sends the preface and then the input: requests that reach a handler are well formed, what comes
/// back are frames, and the connection ends and gives everything back.
/// </summary>
internal sealed class Http2ServerTarget : FuzzTarget
{
    private static readonly byte[] Preface = Encoding.ASCII.GetBytes(Http2Bytes.Preface);

    private readonly Lazy<(Loopback Loopback, int Port)> _server;
    private string? _malformed;
    private int _handled;

    public Http2ServerTarget() => _server = new(() =>
    {
        var loopback = new Loopback();
        var http1 = new Http1Server(new Handler(this));
        var http2 = new Http2Server(http1, new Http2DefenceCounters(), (_, _) => { }, loopback.Report);
        return (loopback, loopback.Listen(connection => loopback.Shard.Watch(Http2ServerConnection.RunAsync(http2, connection, default))));
    });

    public override string Name => "http2-server";

    public override IReadOnlyList<string> Words { get; } =
    [
        .. Http2Words.Both,
        .. new[]
        {
            new Http2Bytes().Get(1), new Http2Bytes().Get(3), new Http2Bytes().Get(5, "/large"), new Http2Bytes().Post(1), new Http2Bytes().Post(7, "/read"),
            new Http2Bytes().Headers(9, FrameFlag.EndHeaders, (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/"), (":authority", "a")),
            new Http2Bytes().Headers(1, FrameFlag.EndStream, Http2Bytes.Request("GET", "/")),
            new Http2Bytes().Headers(1, FrameFlag.EndHeaders | FrameFlag.EndStream, ("x-trailer", "1")),
        }.Select(Http2Words.Text),
    ];

    public override FuzzVerdict Check(byte[] input)
    {
        _malformed = null;
        _handled = 0;
        var (loopback, port) = _server.Value;
        var whole = Play(loopback, port, input, [input.Length]);
        var problem = whole.Problem;
        foreach (var ends in Pieces.Of(input).Skip(1).Take(1))
        {
            problem ??= Play(loopback, port, input, ends).Problem;
        }

        return new FuzzVerdict($"{whole.Frames} {Math.Min(3, _handled)}", problem);
    }

    private (string Frames, string? Problem) Play(Loopback loopback, int port, byte[] input, IReadOnlyList<int> ends)
    {
        using var socket = Loopback.Connect(port);
        var received = new MemoryStream();
        var start = 0;
        try
        {
            socket.Send(Preface);
            foreach (var end in ends)
            {
                socket.Send(input.AsSpan(start, end - start));
                start = end;
                loopback.Settle();
                received.Write(Loopback.ReadNow(socket));
            }

            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.NotConnected or SocketError.ConnectionAborted)
        {
            // The server has enough.
        }

        received.Write(Loopback.ReadToEnd(socket));
        var (frames, wrong) = Http2Words.Describe(received.ToArray());
        return (frames, wrong ?? _malformed ?? loopback.Problem());
    }

    /// <summary>Looks at what it is asked, and answers with bodies of different sizes; /read reads the request's first.</summary>
    private sealed class Handler(Http2ServerTarget target) : IExchangeHandler
    {
        private const int Large = 100_000;

        public async ValueTask<bool> HandleAsync(Exchange exchange)
        {
            target._handled++;
            target._malformed ??= exchange.Rejection.IsSet ? null : Malformed(exchange.Request);
            var path = exchange.Rejection.IsSet ? "" : Encoding.Latin1.GetString(exchange.Request.PathAndQuery);
            var buffer = new byte[Large + BodyRoom.Before + BodyRoom.After];
            if (path == "/read" && !await ReadAsync(exchange, buffer))
            {
                exchange.Abort();
                return false;
            }

            var size = path == "/large" ? Large : 10;
            exchange.StartResponse(exchange.Rejection.IsSet ? exchange.Rejection.Status : 200);
            exchange.EndHeaders(path == "/read" ? null : size, hasBody: true);
            if (await exchange.WriteBodyAsync(buffer, BodyRoom.Before, size, last: false) < 0)
            {
                exchange.Abort();
                return false;
            }

            exchange.AddTrailer("x-sum"u8, "1"u8);
            return await exchange.FinishAsync() > 0;
        }

        private async ValueTask<bool> ReadAsync(Exchange exchange, byte[] buffer)
        {
            int read;
            do
            {
                read = await exchange.ReadBodyAsync(buffer, 0, 1000);
            }
            while (read > 0);

            if (read == 0 && exchange.Request.Framing == BodyFraming.Length && exchange.BodyBytesRead != exchange.Request.ContentLength)
            {
                target._malformed ??= string.Create(CultureInfo.InvariantCulture, $"{exchange.BodyBytesRead} bytes of a body of {exchange.Request.ContentLength}");
            }

            return read == 0;
        }

        /// <summary>What a backend of HTTP/1.1 must never be sent.</summary>
        private static string? Malformed(RequestHead head)
        {
            var method = Encoding.Latin1.GetString(head.MethodToken);
            var target = Encoding.Latin1.GetString(head.Target);
            if (method.Length == 0 || method.Any(c => c is <= ' ' or >= '\x7f') || target.Any(c => c is <= ' ' or '\x7f'))
            {
                return $"request line '{method} {target}'";
            }

            foreach (ref readonly var field in head.Headers.Fields)
            {
                var name = Encoding.Latin1.GetString(head.Headers.Name(in field));
                var value = Encoding.Latin1.GetString(head.Headers.Value(in field));
                if (name.Length == 0 || name.Any(c => c is <= ' ' or ':' or >= '\x7f') || value.Any(c => c is '\r' or '\n' or '\0'))
                {
                    return $"header '{name}: {value}'";
                }
            }

            return head.Headers.CountOf(HeaderId.Host) > 1 ? "two hosts" : head.Headers.Has(HeaderId.TransferEncoding) ? "a transfer coding" : null;
        }
    }
}
