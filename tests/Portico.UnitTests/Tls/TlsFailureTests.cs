using System.Net.Sockets;
using System.Text;
using Portico.Net.Tls;
using Xunit;

namespace Portico.UnitTests.Tls;

public class TlsFailureTests
{
    private static readonly TestCertificate Certificate = TestCertificate.Ecdsa("a.test");

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("DELETE /x HTTP/1.1\r\n")]
    [InlineData("P")]
    [InlineData("\r\n")]
    [InlineData("\u0001")]
    public void What_is_not_tls_is_reported_and_left_in_the_socket(string text)
    {
        using var end = new ServerEnd();
        Assert.Equal(TlsStatus.WantRead, end.Session.Handshake());
        end.Client.Send(Encoding.ASCII.GetBytes(text));
        TlsPair.Await(end.Server, TlsStatus.WantRead);
        Assert.Equal(TlsStatus.PlainHttp, end.Session.Handshake());
        Assert.Equal(TlsStatus.PlainHttp, end.Session.Handshake());
        var buffer = new byte[100];
        Assert.Equal(text, Encoding.ASCII.GetString(buffer, 0, end.Server.Receive(buffer)));
    }

    [Fact]
    public void Garbage_that_begins_like_tls_fails_with_a_reason()
    {
        using var end = new ServerEnd();
        end.Client.Send([0x16, 0x03, 0x01, 0x00, 0x05, 0xFF, 0, 0, 1, 0]);
        TlsPair.Await(end.Server, TlsStatus.WantRead);
        Assert.Equal(TlsStatus.Failed, end.Session.Handshake());
        Assert.False(string.IsNullOrEmpty(end.Session.LastError));
        Assert.Equal(TlsStatus.Failed, end.Session.Handshake());
        Assert.Equal(TlsSession.Failed, end.Session.Read(new byte[1]));
        Assert.Equal(TlsSession.Failed, end.Session.Write(new byte[1]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_peer_that_vanishes_at_any_step_is_closed_or_failed(bool reset)
    {
        // However the handshake's flights are cut, byte by byte, the server comes to an end.
        var hello = ClientFlight();
        foreach (var cut in new[] { 0, 1, 4, 5, 6, 43, 100, hello.Length - 1, hello.Length })
        {
            using var end = new ServerEnd();
            if (cut > 0)
            {
                end.Client.Send(hello.AsSpan(0, cut));
                TlsPair.Await(end.Server, TlsStatus.WantRead);
            }

            Assert.Equal(TlsStatus.WantRead, end.Session.Handshake());
            if (reset)
            {
                end.Client.LingerState = new LingerOption(true, 0);
            }

            end.Client.Close();
            TlsPair.Await(end.Server, TlsStatus.WantRead);
            var status = end.Session.Handshake();
            var answered = cut == hello.Length;
            Assert.True(status == TlsStatus.Closed || ((reset || answered) && status == TlsStatus.Failed), $"cut at {cut}: {status} {end.Session.LastError}");
            Assert.NotNull(end.Session.LastError);
        }
    }

    [Fact]
    public void A_server_that_vanishes_is_seen_by_the_client()
    {
        var (server, socket) = TlsPair.Connect();
        using var client = socket;
        using var session = TlsSession.Connect(TlsPair.ClientContext(), TlsPair.Descriptor(client), "a.test");
        Assert.Equal(TlsStatus.WantRead, session.Handshake());
        server.Shutdown(SocketShutdown.Send);
        TlsPair.Await(client, TlsStatus.WantRead);
        Assert.Equal(TlsStatus.Closed, session.Handshake());
        server.Dispose();
    }

    [Fact]
    public void A_client_that_speaks_to_a_plain_server_fails_with_a_reason()
    {
        var (server, socket) = TlsPair.Connect();
        using var client = socket;
        using var session = TlsSession.Connect(TlsPair.ClientContext(), TlsPair.Descriptor(client));
        Assert.Equal(TlsStatus.WantRead, session.Handshake());
        server.Send("HTTP/1.1 400 Bad Request\r\n\r\n"u8);
        TlsPair.Await(client, TlsStatus.WantRead);
        Assert.Equal(TlsStatus.Failed, session.Handshake());
        Assert.Contains("wrong version number", session.LastError, StringComparison.Ordinal);
        server.Dispose();
    }

    [Fact]
    public void A_hello_that_comes_byte_by_byte_is_answered()
    {
        using var end = new ServerEnd();
        var hello = ClientFlight();
        for (var i = 0; i < hello.Length; i++)
        {
            end.Client.Send(hello.AsSpan(i, 1));
            TlsPair.Await(end.Server, TlsStatus.WantRead);
            Assert.Equal(TlsStatus.WantRead, end.Session.Handshake());
        }

        TlsPair.Await(end.Client, TlsStatus.WantRead);
    }

    [Fact]
    public void A_disposed_session_answers_that_it_failed()
    {
        using var pair = new TlsPair(TlsPair.ServerContext(Certificate), TlsPair.ClientContext()).Established();
        pair.Server.Dispose();
        pair.Server.Dispose();
        Assert.Equal(TlsSession.Failed, pair.Server.Read(new byte[1]));
        Assert.Equal(TlsStatus.Failed, pair.Server.Handshake());
        Assert.False(pair.Server.Pending);
        Assert.Equal("", pair.Server.ProtocolVersion);
    }

    private static byte[] ClientFlight()
    {
        var (server, socket) = TlsPair.Connect();
        using var client = socket;
        using var session = TlsSession.Connect(TlsPair.ClientContext(), TlsPair.Descriptor(client), "a.test");
        Assert.Equal(TlsStatus.WantRead, session.Handshake());
        TlsPair.Await(server, TlsStatus.WantRead);
        var buffer = new byte[4096];
        var length = server.Receive(buffer);
        server.Dispose();
        return buffer[..length];
    }

    private sealed class ServerEnd : IDisposable
    {
        public ServerEnd()
        {
            (Server, Client) = TlsPair.Connect();
            Session = TlsSession.Accept(TlsPair.ServerContext(Certificate), TlsPair.Descriptor(Server));
        }

        public Socket Server { get; }

        public Socket Client { get; }

        public TlsSession Session { get; }

        public void Dispose()
        {
            Session.Dispose();
            Server.Dispose();
            Client.Dispose();
        }
    }
}
