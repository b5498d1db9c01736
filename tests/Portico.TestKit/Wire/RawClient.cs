using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Portico.TestKit.Wire;

/// <summary>
/// One client connection that sends exactly the bytes it is told to and reads strictly. Owned by the test that opened it.
/// </summary>
public sealed class RawClient : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly MessageReader _reader;

    private RawClient(Socket socket, Stream stream)
    {
        _socket = socket;
        _stream = stream;
        _reader = new MessageReader(stream);
    }

    public IPEndPoint Local => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>The certificate that the gateway presented; null without TLS.</summary>
    public X509Certificate2? ServerCertificate { get; private set; }

    public SslProtocols TlsProtocol => (_stream as SslStream)?.SslProtocol ?? SslProtocols.None;

    public string Alpn => (_stream as SslStream)?.NegotiatedApplicationProtocol.ToString() ?? "";

    public static async Task<RawClient> ConnectAsync(IPEndPoint to, IPAddress? from = null, int receiveBuffer = 0)
    {
        var socket = await ConnectSocketAsync(to, from, receiveBuffer);
        return new RawClient(socket, new NetworkStream(socket, ownsSocket: true));
    }

    public static async Task<RawClient> ConnectTlsAsync(IPEndPoint to, string sni, SslProtocols protocols = SslProtocols.None, X509Certificate2? certificate = null, params string[] alpn)
    {
        var socket = await ConnectSocketAsync(to, null, 0);
        return await StartTlsAsync(socket, sni, protocols, certificate, alpn);
    }

    /// <summary>TLS behind bytes that come before it, such as a PROXY header.</summary>
    public static async Task<RawClient> ConnectTlsBehindAsync(IPEndPoint to, ReadOnlyMemory<byte> first, string sni, params string[] alpn)
    {
        var socket = await ConnectSocketAsync(to, null, 0);
        await socket.SendAsync(first);
        return await StartTlsAsync(socket, sni, SslProtocols.None, null, alpn);
    }

    private static async Task<RawClient> StartTlsAsync(Socket socket, string sni, SslProtocols protocols, X509Certificate2? certificate, string[] alpn)
    {
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = sni,
                EnabledSslProtocols = protocols,
                // A context shows its certificate whoever the server says it trusts.
                ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
                // A resumed session shows the certificate of the first handshake, not the one that is served now.
                AllowTlsResume = false,
#pragma warning disable CA5359 // which certificate came is what tests look at: ServerCertificate
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
                ApplicationProtocols = [.. alpn.Select(name => new SslApplicationProtocol(name))],
            }).Within($"a TLS handshake for '{sni}'");
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
        return new RawClient(socket, tls) { ServerCertificate = (X509Certificate2?)tls.RemoteCertificate };
    }

    private static async Task<Socket> ConnectSocketAsync(IPEndPoint to, IPAddress? from, int receiveBuffer)
    {
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (receiveBuffer > 0)
            {
                socket.ReceiveBufferSize = receiveBuffer;
            }
            if (from is not null)
            {
                socket.Bind(new IPEndPoint(from, 0));
            }
            await socket.ConnectAsync(to).Within($"a connection to {to}");
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public Task SendAsync(string text) => SendAsync(Text.Bytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var limit = new CancellationTokenSource(Limits.Step);
        await _stream.WriteAsync(bytes, limit.Token);
    }

    /// <summary>Sends without a limit of time, for a peer that is meant to be slow.</summary>
    public async Task SendPatientlyAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes);

    /// <summary>Sends as far as the gateway takes it: a peer that closes early is no failure here.</summary>
    public async Task<bool> TrySendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await SendAsync(bytes);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Sends in two segments; the second leaves only when the gateway's kernel socket holds no byte of the first any more.</summary>
    public async Task SendCutAsync(ReadOnlyMemory<byte> bytes, int at)
    {
        if (await TrySendAsync(bytes[..at]))
        {
            await PeerSocket.WaitUntilReadAsync(_socket);
            await TrySendAsync(bytes[at..]);
        }
    }

    public async Task SendByteByByteAsync(ReadOnlyMemory<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            if (!await TrySendAsync(bytes.Slice(i, 1)))
            {
                return;
            }
            await PeerSocket.WaitUntilReadAsync(_socket);
        }
    }

    /// <summary>Ends the sending side (FIN) and goes on reading.</summary>
    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the connection with RST.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    /// <summary>Bytes of a body as they come, for reading slowly or in parts.</summary>
    public async Task<(MessageHead Head, BodyFraming Framing, long Length)> ReadResponseHeadAsync(string method = "GET")
    {
        using var limit = new CancellationTokenSource(Limits.Step);
        while (true)
        {
            var head = await _reader.ReadHeadAsync(limit.Token);
            var status = Response.StatusOf(head.StartLine);
            if (status is >= 200 or 101)
            {
                var bodiless = method == "HEAD" || status is 101 or 204 or 304;
                var (framing, length) = bodiless ? (BodyFraming.None, 0) : head.Framing(closeEnds: true);
                return (head, framing, length);
            }
        }
    }

    public async Task<IReadOnlyList<Header>> ReadBodyAsync(BodyFraming framing, long length, Func<ReadOnlyMemory<byte>, Task> sink, TimeSpan? within = null)
    {
        using var limit = new CancellationTokenSource(within ?? Limits.Step);
        return await _reader.ReadBodyAsync(framing, length, sink, limit.Token);
    }

    public async Task<Response> ReadResponseAsync(string method = "GET", TimeSpan? within = null)
    {
        using var limit = new CancellationTokenSource(within ?? Limits.Step);
        var interim = new List<int>();
        try
        {
            while (true)
            {
                var head = await _reader.ReadHeadAsync(limit.Token);
                var status = Response.StatusOf(head.StartLine);
                if (status is >= 100 and < 200 and not 101)
                {
                    interim.Add(status);
                    continue;
                }
                var bodiless = method == "HEAD" || status is 101 or 204 or 304;
                var (framing, length) = bodiless ? (BodyFraming.None, 0) : head.Framing(closeEnds: true);
                var body = new MemoryStream();
                var trailers = await _reader.ReadBodyAsync(framing, length, piece => Write(body, piece), limit.Token);
                return new Response(head, body.ToArray(), framing, trailers, interim);
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"no whole response; unread so far: '{Text.Show(_reader.Unread.Span)}', stream {_reader.End}");
        }
    }

    /// <summary>The next interim (1xx) response's status, for requests that wait for one.</summary>
    public async Task<int> ReadInterimAsync()
    {
        using var limit = new CancellationTokenSource(Limits.Step);
        return Response.StatusOf((await _reader.ReadHeadAsync(limit.Token)).StartLine);
    }

    /// <summary>Exactly this many bytes, of whatever protocol.</summary>
    public async Task<byte[]> ReadBytesAsync(int count)
    {
        using var limit = new CancellationTokenSource(Limits.Step);
        var bytes = new MemoryStream();
        await _reader.ReadExactlyAsync(count, piece => Write(bytes, piece), limit.Token);
        return bytes.ToArray();
    }

    /// <summary>Waits for the end of the connection; a byte that comes before it is a failure.</summary>
    public async Task<StreamEnd> ReadEndAsync(TimeSpan? within = null)
    {
        using var limit = new CancellationTokenSource(within ?? Limits.Step);
        try
        {
            return await _reader.WaitForDataAsync(limit.Token)
                ? throw new ProtocolException($"bytes after the last message: '{Text.Show(_reader.Unread.Span)}'")
                : _reader.End;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException("the connection was not closed");
        }
    }

    /// <summary>Everything until the end of the connection, without looking at it.</summary>
    public async Task<byte[]> ReadAllAsync()
    {
        var all = new MemoryStream();
        await ReadBodyAsync(BodyFraming.UntilClose, 0, piece => Write(all, piece));
        return all.ToArray();
    }

    /// <summary>Sends one request and reads its response.</summary>
    public async Task<Response> ExchangeAsync(string request)
    {
        await SendAsync(request);
        return await ReadResponseAsync(request[..Math.Max(0, request.IndexOf(' ', StringComparison.Ordinal))]);
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static Task Write(MemoryStream to, ReadOnlyMemory<byte> piece)
    {
        to.Write(piece.Span);
        return Task.CompletedTask;
    }
}
