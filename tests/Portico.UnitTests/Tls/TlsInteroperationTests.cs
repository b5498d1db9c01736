using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Portico.Net.Tls;
using Xunit;

namespace Portico.UnitTests.Tls;

/// <summary>Our server's side against clients of other makes.</summary>
public class TlsInteroperationTests
{
    private static readonly TestCertificate Default = TestCertificate.Ecdsa("default.test");
    private static readonly TestCertificate Shop = TestCertificate.Rsa("shop.test");

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task SslStream_is_served(SslProtocols version)
    {
        await using var server = new EchoServer(TlsPair.ServerContext(Names()));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.EndPoint, TestContext.Current.CancellationToken);
        await using var stream = new SslStream(new NetworkStream(socket));
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "shop.test",
                EnabledSslProtocols = version,
                ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.GetRawCertData().SequenceEqual(Shop.Der),
            },
            TestContext.Current.CancellationToken);
        Assert.Equal(SslApplicationProtocol.Http11, stream.NegotiatedApplicationProtocol);
        var message = Encoding.ASCII.GetBytes(new string('x', 100_000));
        var writing = stream.WriteAsync(message, TestContext.Current.CancellationToken);
        var echoed = new byte[message.Length];
        await stream.ReadExactlyAsync(echoed, TestContext.Current.CancellationToken);
        await writing;
        Assert.Equal(message, echoed);
        await stream.ShutdownAsync();
        Assert.Equal(0, await stream.ReadAsync(echoed, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task The_openssl_client_is_served_and_resumes(string version)
    {
        var directory = Directory.CreateTempSubdirectory("portico-tls");
        try
        {
            await using var server = new EchoServer(TlsPair.ServerContext(Names()));
            var session = Path.Combine(directory.FullName, "session.pem");
            var first = await RunClientAsync(server.EndPoint, version, $"-sess_out {session}");
            Assert.Contains("CN = shop.test", first, StringComparison.Ordinal);
            Assert.Contains("New, TLS", first, StringComparison.Ordinal);
            Assert.Contains("ALPN protocol: http/1.1", first, StringComparison.Ordinal);
            var second = await RunClientAsync(server.EndPoint, version, $"-sess_in {session}");
            Assert.Contains("Reused, TLS", second, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Our_client_shows_its_certificate_to_a_server_that_asks(SslProtocols version)
    {
        var mine = TestCertificate.Ecdsa("client.test");
        var (accepted, connected) = TlsPair.Connect();
        using var client = connected;
        await using var server = new SslStream(new NetworkStream(accepted, ownsSocket: true));
        using var serverCertificate = Shop.WithKey();
        byte[]? shown = null;
        var serving = server.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificate = serverCertificate,
                ClientCertificateRequired = true,
                EnabledSslProtocols = version,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => (shown = certificate?.GetRawCertData()) is not null,
            },
            TestContext.Current.CancellationToken);
        var context = TlsPair.ClientContext(new TlsClientOptions { Certificate = mine.Load() });
        using var session = TlsSession.Connect(context, TlsPair.Descriptor(client), "shop.test");
        TlsStatus status;
        while ((status = session.Handshake()) is TlsStatus.WantRead or TlsStatus.WantWrite)
        {
            TlsPair.Await(client, status);
        }

        Assert.Equal(TlsStatus.Done, status);
        await serving;
        Assert.Equal(mine.Der, shown);
        Assert.Equal(Shop.Der, session.GetPeerCertificate());
    }

    private static async Task<string> RunClientAsync(IPEndPoint server, string version, string session)
    {
        using var process = Process.Start(new ProcessStartInfo("openssl", $"s_client -connect {server} -servername shop.test -alpn h2,http/1.1 {version} {session}")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardInput.WriteAsync("hello\n");
        await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        var output = new StringBuilder();
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            output.AppendLine(line);
            if (line == "hello")
            {
                process.StandardInput.Close();
            }
        }

        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return output.ToString() + await errors;
    }

    private static TlsServerNames Names() => new TlsServerNames(Default.Load()).With("shop.test", Shop.Load());

    /// <summary>Sends back what it reads, one connection at a time, on a thread of its own.</summary>
    private sealed class EchoServer : IAsyncDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly TlsServerContext _context;
        private readonly Task _loop;

        public EchoServer(TlsServerContext context)
        {
            _context = context;
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen();
            EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
            _loop = Task.Factory.StartNew(Run, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        public IPEndPoint EndPoint { get; }

        public async ValueTask DisposeAsync()
        {
            using (var waker = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
            {
                await waker.ConnectAsync(EndPoint);
                waker.Send("stop"u8);
                await _loop;
            }

            _listener.Dispose();
        }

        private void Run()
        {
            while (true)
            {
                using var socket = _listener.Accept();
                TlsPair.MakeNonBlocking(socket);
                using var session = TlsSession.Accept(_context, TlsPair.Descriptor(socket));
                TlsStatus status;
                while ((status = session.Handshake()) is TlsStatus.WantRead or TlsStatus.WantWrite)
                {
                    TlsPair.Await(socket, status);
                }

                if (status == TlsStatus.PlainHttp)
                {
                    return;
                }

                Assert.Equal(TlsStatus.Done, status);
                Echo(socket, session);
            }
        }

        private static void Echo(Socket socket, TlsSession session)
        {
            var buffer = new byte[8000];
            int read;
            while ((read = session.Read(buffer)) is > 0 or TlsSession.WantRead)
            {
                if (read == TlsSession.WantRead)
                {
                    TlsPair.Await(socket, TlsStatus.WantRead);
                    continue;
                }

                for (var written = 0; written < read;)
                {
                    var result = session.Write(buffer.AsSpan(written, read - written));
                    if (result == TlsSession.WantWrite)
                    {
                        TlsPair.Await(socket, TlsStatus.WantWrite);
                        continue;
                    }

                    Assert.True(result > 0, session.LastError);
                    written += result;
                }
            }

            session.Shutdown();
        }
    }
}
