using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Portico.Probes;

/// <summary>What an <see cref="AnswerPort"/> says.</summary>
internal readonly record struct Answer(int Status, string ContentType, string Body)
{
    /// <summary>Further header lines, each with its line end.</summary>
    public string Headers { get; init; } = "";

    public static Answer NotFound { get; } = new(404, "text/plain; charset=utf-8", "404 page not found\n");
}

/// <summary>
/// A port for probes: each request gets a small answer, and its connection ends (HTTP/1.1 with <c>Connection: close</c>). There can be
/// hundreds of them, and they come and go. Runs on the thread pool.
/// </summary>
internal sealed class AnswerPort : IDisposable
{
    /// <summary>A probe's head is a few hundred bytes.</summary>
    private const int LongestHead = 8192;

    /// <summary>How many probes are answered at a time; further ones wait in the socket's queue.</summary>
    private const int ProbesAtOnce = 64;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Socket _listener;
    private readonly Func<string, AddressFamily, Answer> _answer;
    private readonly SemaphoreSlim _places = new(ProbesAtOnce);

    private AnswerPort(Socket listener, Func<string, AddressFamily, Answer> answer) => (_listener, _answer) = (listener, answer);

    /// <param name="address">All of IPv6 takes IPv4 too.</param>
    /// <param name="answer">From the path and the family over which it was asked; called concurrently.</param>
    /// <exception cref="SocketException">The port cannot be had.</exception>
    public static AnswerPort Open(IPAddress address, int port, Func<string, AddressFamily, Answer> answer)
    {
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Equals(IPAddress.IPv6Any))
            {
                listener.DualMode = true;
            }

            listener.Bind(new IPEndPoint(address, port));
            listener.Listen();
        }
        catch (SocketException)
        {
            listener.Dispose();
            throw;
        }

        var opened = new AnswerPort(listener, answer);
        _ = Task.Run(opened.AcceptAsync);
        return opened;
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        while (true)
        {
            await _places.WaitAsync();
            try
            {
                _ = ServeAsync(await _listener.AcceptAsync());
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.OperationAborted)
            {
                return;
            }
            catch (SocketException)
            {
                // That client has gone, or there are no descriptors just now.
                _places.Release();
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            var peer = (IPEndPoint)client.RemoteEndPoint!;
            var family = peer.AddressFamily == AddressFamily.InterNetwork || peer.Address.IsIPv4MappedToIPv6 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
            if (await ReadHeadAsync(client, limit.Token) is { } head)
            {
                await client.SendAsync(Respond(head, family), limit.Token);
            }

            client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // A prober that gave up, or one that never asked.
        }
        finally
        {
            client.Dispose();
            _places.Release();
        }
    }

    /// <returns>Null when the client ended without having asked, or asked for too much.</returns>
    private static async Task<string?> ReadHeadAsync(Socket client, CancellationToken limit)
    {
        var buffer = new byte[LongestHead];
        var length = 0;
        while (length < buffer.Length)
        {
            var read = await client.ReceiveAsync(buffer.AsMemory(length), limit);
            if (read == 0)
            {
                return null;
            }

            length += read;
            if (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) >= 0)
            {
                return Encoding.Latin1.GetString(buffer, 0, length);
            }
        }

        return null;
    }

    private byte[] Respond(string head, AddressFamily family)
    {
        var words = head[..head.IndexOf('\r', StringComparison.Ordinal)].Split(' ');
        var answer = words is [_, var target, _] ? _answer(target.Split('?')[0], family) : new Answer(400, "text/plain; charset=utf-8", "400 Bad Request");
        var body = Encoding.UTF8.GetBytes(answer.Body);
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {answer.Status} {Reason(answer.Status)}\r\nContent-Type: {answer.ContentType}\r\n{answer.Headers}Date: {DateTime.UtcNow:R}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        return [.. Encoding.ASCII.GetBytes(text), .. words[0] == "HEAD" ? [] : body];
    }

    private static string Reason(int status) => status switch
    {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        _ => "Service Unavailable",
    };
}
