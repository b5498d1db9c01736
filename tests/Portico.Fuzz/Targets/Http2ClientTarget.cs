using System.Net;
using System.Net.Sockets;
using System.Text;
using Portico.Http;
using Portico.Http.Http1;
using Portico.Http.Http2;
using Portico.Http.Messages;
using Portico.Net;
using Portico.Net.Sockets;
using Portico.TestKit.Http2;

namespace Portico.Fuzz.Targets;

/// <summary>
/// A connection with a backend of HTTP/2 that answers two requests with the input: a response that is taken for whole is whole, whoever waits
/// is told, and the connection ends and gives everything back.
/// </summary>
internal sealed class Http2ClientTarget : FuzzTarget, IHttp2ClientOwner
{
    private const int LargestHead = 4096;

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(20);

    private readonly Lazy<(Loopback Loopback, Socket Listener)> _backend = new(() =>
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return (new Loopback(), listener);
    });

    public override string Name => "http2-client";

    public override IReadOnlyList<string> Words { get; } =
    [
        .. Http2Words.Both,
        .. new[]
        {
            new Http2Bytes().Headers(1, FrameFlag.EndHeaders, (":status", "200")),
            new Http2Bytes().Headers(3, FrameFlag.EndHeaders, (":status", "200"), ("content-length", "5")),
            new Http2Bytes().Headers(1, FrameFlag.EndHeaders | FrameFlag.EndStream, (":status", "204")),
            new Http2Bytes().Headers(1, FrameFlag.EndHeaders, (":status", "103"), ("link", "<a>")),
            new Http2Bytes().Headers(3, FrameFlag.EndHeaders, (":status", "100")),
            new Http2Bytes().Headers(1, FrameFlag.EndHeaders | FrameFlag.EndStream, ("grpc-status", "0")),
            new Http2Bytes().Headers(3, FrameFlag.None, (":status", "200")),
            new Http2Bytes().Frame(FrameType.PushPromise, FrameFlag.EndHeaders, 1, [0, 0, 0, 2, .. Http2Bytes.Block((":method", "GET"))]),
        }.Select(Http2Words.Text),
    ];

    public override FuzzVerdict Check(byte[] input)
    {
        var (loopback, listener) = _backend.Value;
        var whole = Play(loopback, listener, input, [input.Length]);
        var problem = whole.Problem;
        foreach (var ends in Pieces.Of(input).Skip(1).Take(1))
        {
            problem ??= Play(loopback, listener, input, ends).Problem;
        }

        return new FuzzVerdict(whole.Outcome, problem);
    }

    void IHttp2ClientOwner.OnIdle(Http2ClientConnection connection)
    {
    }

    void IHttp2ClientOwner.OnEnded(Http2ClientConnection connection)
    {
    }

    private (string Outcome, string? Problem) Play(Loopback loopback, Socket listener, byte[] input, IReadOnlyList<int> ends)
    {
        var address = Portico.Net.Sockets.SocketAddress.Encode(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndPoint!).Port);
        var asking = loopback.Begin(() => AskAsync(loopback.Shard, address));
        using var socket = listener.Accept();
        socket.NoDelay = true;
        socket.ReceiveTimeout = (int)(2 * Silence).TotalMilliseconds;
        var received = new MemoryStream();
        var start = 0;
        try
        {
            loopback.Settle();
            foreach (var end in ends)
            {
                socket.Send(input.AsSpan(start, end - start));
                start = end;
                loopback.Settle();
            }

            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.NotConnected or SocketError.ConnectionAborted)
        {
            // The gateway has enough.
        }

        received.Write(Loopback.ReadToEnd(socket));
        if (!asking.Wait(2 * Silence))
        {
            return ("", "somebody still waits");
        }

        var sent = received.ToArray();
        var frames = sent.AsSpan().StartsWith(Encoding.ASCII.GetBytes(Http2Bytes.Preface)) ? sent[Http2Bytes.Preface.Length..] : [];
        var (described, wrong) = Http2Words.Describe(frames);
        return ($"{asking.Result.Outcome} {described}", wrong ?? asking.Result.Problem ?? loopback.Problem());
    }

    private async ValueTask<(string Outcome, string? Problem)> AskAsync(Shard shard, byte[] address)
    {
        var opened = await Connection.ConnectAsync(shard, address, Silence);
        if (opened.Connection is not { } connection)
        {
            return ("", "no connection: " + IoStatus.Describe(opened.Status));
        }

        var http2 = new Http2ClientConnection(connection, this);
        http2.Start();
        var first = Open(http2, hasBody: false);
        var second = Open(http2, hasBody: true);
        var reading = new[] { ReadAsync(first).AsTask(), ReadAsync(second).AsTask() };
        var results = await Task.WhenAll(reading);
        http2.Close();
        return (string.Join(' ', results.Select(r => r.Outcome)), results.Select(r => r.Problem).FirstOrDefault(p => p is not null));
    }

    private static Http2ClientStream? Open(Http2ClientConnection connection, bool hasBody)
    {
        connection.Fields.Clear();
        connection.Fields.Add(":method"u8, hasBody ? "POST"u8 : "GET"u8);
        connection.Fields.Add(":scheme"u8, "http"u8);
        connection.Fields.Add(":path"u8, "/"u8);
        connection.Fields.Add(":authority"u8, "a"u8);
        var body = hasBody ? new byte[BodyRoom.Before + 100 + BodyRoom.After] : null;
        var stream = connection.Open(LargestHead, body, BodyRoom.Before, hasBody ? 100 : 0, last: true, Silence);
        connection.Flush();
        return stream;
    }

    private static async ValueTask<(string Outcome, string? Problem)> ReadAsync(Http2ClientStream? stream)
    {
        if (stream is null)
        {
            return ("unopened", null);
        }

        HeadStatus head;
        do
        {
            head = await stream.ReadHeadAsync(Silence);
        }
        while (head == HeadStatus.Interim);

        var problem = head == HeadStatus.Done ? Malformed(stream.Response) : null;
        var read = 0;
        if (head == HeadStatus.Done)
        {
            do
            {
                read = await stream.ReadBodyAsync(Silence);
            }
            while (read > 0);

            var announced = stream.Response.Framing == BodyFraming.Length;
            if (read == 0 && announced && stream.BodyBytes != stream.Response.ContentLength)
            {
                problem ??= $"{stream.BodyBytes} bytes of a body of {stream.Response.ContentLength} look whole";
            }
        }

        var outcome = $"{head} {read} {stream.Failure}";
        stream.Release();
        return (outcome, problem ?? (head == HeadStatus.TimedOut || read == IoStatus.TimedOut ? "nobody said that the connection ended" : null));
    }

    private static string? Malformed(ResponseHead head)
    {
        foreach (ref readonly var field in head.Headers.Fields)
        {
            var name = Encoding.Latin1.GetString(head.Headers.Name(in field));
            var value = Encoding.Latin1.GetString(head.Headers.Value(in field));
            if (name.Length == 0 || name.Any(c => c is <= ' ' or ':' or >= '\x7f') || value.Any(c => c is '\r' or '\n' or '\0'))
            {
                return $"header '{name}: {value}'";
            }
        }

        return head.Status is >= 200 and <= 999 ? null : $"status {head.Status}";
    }
}
