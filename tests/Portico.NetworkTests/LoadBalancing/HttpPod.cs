using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Portico.NetworkTests.LoadBalancing;

/// <summary>Answers every request over HTTP with its name and the client's address that a gateway has told it.</summary>
internal sealed class HttpPod : IDisposable
{
    public const int Port = 8082;

    private const string Forwarded = "X-Forwarded-For:";

    private readonly Socket _listener;

    public HttpPod(Topology net, string role)
    {
        _listener = net.In(role, () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Any, Port));
            socket.Listen();
            return socket;
        });
        _ = AcceptAsync(role);
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync(string name)
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(name, await _listener.AcceptAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task AnswerAsync(string name, Socket socket)
    {
        using var stream = new NetworkStream(socket, ownsSocket: true);
        using var reader = new StreamReader(stream);
        try
        {
            var client = "";
            while (await reader.ReadLineAsync() is { Length: > 0 } line)
            {
                client = line.StartsWith(Forwarded, StringComparison.OrdinalIgnoreCase) ? line[Forwarded.Length..].Trim() : client;
            }

            var body = $"{name} {client}";
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"));
        }
        catch (IOException)
        {
            // The gateway has gone.
        }
    }
}
