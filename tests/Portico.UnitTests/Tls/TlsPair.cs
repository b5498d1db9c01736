using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Portico.Net.Tls;
using Xunit;

namespace Portico.UnitTests.Tls;

/// <summary>Two ends of one loopback connection, both ours, driven in turns by the test's own thread.</summary>
internal sealed partial class TlsPair : IDisposable
{
    private const int PatienceMicroseconds = 10_000_000;

    public TlsPair(TlsServerContext server, TlsClientContext client, string? serverName = null, TlsResumption? resumption = null, int bufferSize = 0)
    {
        (ServerSocket, ClientSocket) = Connect(bufferSize);
        Server = TlsSession.Accept(server, Descriptor(ServerSocket));
        Client = TlsSession.Connect(client, Descriptor(ClientSocket), serverName, resumption);
    }

    public Socket ServerSocket { get; }

    public Socket ClientSocket { get; }

    public TlsSession Server { get; }

    public TlsSession Client { get; }

    public static TlsServerContext ServerContext(TestCertificate certificate, TlsServerOptions? options = null) =>
        ServerContext(new TlsServerNames(certificate.Load()), options);

    public static TlsServerContext ServerContext(TlsServerNames names, TlsServerOptions? options = null)
    {
        Assert.True(TlsServerContext.TryCreate(options ?? new TlsServerOptions(), names, out var context, out var error), error);
        return context;
    }

    public static TlsClientContext ClientContext(TlsClientOptions? options = null)
    {
        Assert.True(TlsClientContext.TryCreate(options ?? new TlsClientOptions(), out var context, out var error), error);
        return context;
    }

    /// <summary>A connected pair of non-blocking sockets: accepted and connecting end.</summary>
    public static (Socket Accepted, Socket Connected) Connect(int bufferSize = 0)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (bufferSize > 0)
        {
            listener.ReceiveBufferSize = bufferSize;
            client.SendBufferSize = client.ReceiveBufferSize = bufferSize;
        }

        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        client.Connect(listener.LocalEndPoint!);
        var server = listener.Accept();
        if (bufferSize > 0)
        {
            server.SendBufferSize = bufferSize;
        }

        server.NoDelay = client.NoDelay = true;
        MakeNonBlocking(server);
        MakeNonBlocking(client);
        return (server, client);
    }

    public static int Descriptor(Socket socket) => (int)socket.Handle;

    public static void MakeNonBlocking(Socket socket)
    {
        const int setFlags = 4;
        const int nonBlocking = 0x800;
        Assert.Equal(0, fcntl(Descriptor(socket), setFlags, nonBlocking));
    }

    public static void Await(Socket socket, TlsStatus wanted) =>
        Assert.True(socket.Poll(PatienceMicroseconds, wanted == TlsStatus.WantWrite ? SelectMode.SelectWrite : SelectMode.SelectRead));

    /// <summary>Until the reader has bytes or the writer has room.</summary>
    public static void AwaitFlow(Socket writer, Socket reader)
    {
        var readable = new List<Socket> { reader };
        var writable = new List<Socket> { writer };
        Socket.Select(readable, writable, null, PatienceMicroseconds);
        Assert.True(readable.Count + writable.Count > 0, "nothing flows");
    }

    /// <summary>Both handshakes to their end, whatever it is.</summary>
    public (TlsStatus Server, TlsStatus Client) Handshake()
    {
        while (true)
        {
            var client = Client.Handshake();
            var server = Server.Handshake();
            if (IsEnd(client) && IsEnd(server))
            {
                return (server, client);
            }

            // The loser has told the winner, or will by closing.
            if (server is TlsStatus.Failed or TlsStatus.Closed)
            {
                ServerSocket.Shutdown(SocketShutdown.Send);
            }

            if (client is TlsStatus.Failed or TlsStatus.Closed)
            {
                ClientSocket.Shutdown(SocketShutdown.Send);
            }

            AwaitEither(client, server);
        }
    }

    public TlsPair Established()
    {
        var (server, client) = Handshake();
        Assert.True(server == TlsStatus.Done && client == TlsStatus.Done, $"server {server} {Server.LastError}, client {client} {Client.LastError}");
        return this;
    }

    /// <summary>Sends text one way and reads it whole at the other end.</summary>
    public void Send(bool toClient, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var (from, to, socket) = toClient ? (Server, Client, ClientSocket) : (Client, Server, ServerSocket);
        Assert.Equal(bytes.Length, from.Write(bytes));
        var buffer = new byte[bytes.Length];
        for (var got = 0; got < bytes.Length;)
        {
            var read = to.Read(buffer.AsSpan(got));
            Assert.True(read is > 0 or TlsSession.WantRead, $"read answered {read} {to.LastError}");
            if (read > 0)
            {
                got += read;
            }
            else
            {
                Await(socket, TlsStatus.WantRead);
            }
        }

        Assert.Equal(bytes, buffer);
    }

    public byte[]? ShownCertificate() => Client.GetPeerCertificate();

    public void Dispose()
    {
        Server.Dispose();
        Client.Dispose();
        ServerSocket.Dispose();
        ClientSocket.Dispose();
    }

    private static bool IsEnd(TlsStatus status) => status is not (TlsStatus.WantRead or TlsStatus.WantWrite);

    private void AwaitEither(TlsStatus client, TlsStatus server)
    {
        var readable = new List<Socket>();
        var writable = new List<Socket>();
        Add(client, ClientSocket);
        Add(server, ServerSocket);
        Socket.Select(readable, writable, null, PatienceMicroseconds);
        Assert.True(readable.Count + writable.Count > 0, $"stuck: server {server}, client {client}");

        void Add(TlsStatus status, Socket socket)
        {
            if (status == TlsStatus.WantRead)
            {
                readable.Add(socket);
            }
            else if (status == TlsStatus.WantWrite)
            {
                writable.Add(socket);
            }
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, int argument);
}
