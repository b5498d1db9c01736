using Portico.Model;
using Portico.Net.ProxyProtocol;
using Portico.Net.Sockets;
using Portico.Net.Tls;

namespace Portico.Proxy.Requests;

/// <summary>
/// What is known about a client connection before its first request. Filled once by the connection that owns it, read by
/// every request on it, on the shard's thread only.
/// </summary>
internal sealed class ConnectionFacts
{
    private readonly byte[] _peerText = new byte[AddressText.LongestText];
    private int _peerTextLength;
    private TlsSession? _session;

    /// <summary>A number that no other connection of this process has (<c>$connection</c>).</summary>
    public long Serial { get; set; }

    /// <summary>The other end of the TCP connection.</summary>
    public ClientAddress Peer { get; private set; }

    public int PeerPort { get; private set; }

    /// <summary>The address on our side, which a port that listens on all addresses learns from each connection.</summary>
    public ClientAddress Local { get; set; }

    public int LocalPort { get; set; }

    /// <summary>Whether this very connection is encrypted, whatever a header says.</summary>
    public bool IsTls { get; set; }

    /// <summary>E.g. <c>TLSv1.3</c>; empty without TLS.</summary>
    public byte[] TlsProtocol { get; set; } = [];

    /// <summary>OpenSSL's name of the cipher; empty without TLS.</summary>
    public byte[] TlsCipher { get; set; } = [];

    /// <summary>The server name that the client asked for (SNI); empty when it asked for none.</summary>
    public byte[] TlsServerName { get; set; } = [];

    /// <summary>What the client's certificate was checked against; null when none was asked for.</summary>
    public TlsClientVerification? ClientVerification { get; private set; }

    /// <summary>OpenSSL's result of that check.</summary>
    public int ClientVerificationResult { get; private set; }

    /// <summary>Null when the client showed none, or was not asked.</summary>
    public TlsPeerCertificate? ClientCertificate { get; private set; }

    /// <summary>Whether an earlier TLS session was taken up again.</summary>
    public bool TlsResumed { get; set; }

    /// <summary>What the PROXY header announced; null without one, and for v1 UNKNOWN and v2 LOCAL.</summary>
    public ProxyAnnouncement? Proxy { get; set; }

    /// <summary>Requests on this connection, the current one included.</summary>
    public int Requests { get; set; }

    /// <summary>The address of <see cref="Peer"/> as text, formatted once a connection.</summary>
    public ReadOnlySpan<byte> PeerText => _peerText.AsSpan(0, _peerTextLength);

    /// <summary>The address on our side of a connection that is open.</summary>
    public static ClientAddress LocalAddressOf(Connection connection)
    {
        Span<byte> local = stackalloc byte[SocketAddress.MaxLength];
        connection.ReadLocalAddress(local);
        return ClientAddress.FromBytes(SocketAddress.IpBytes(local));
    }

    /// <summary>After the handshake.</summary>
    public void SetTls(TlsSession session)
    {
        _session = session;
        IsTls = true;
        TlsServerName = session.ServerName.ToArray();
        TlsResumed = session.Resumed;
        if (session.Rules?.Verification is { } verification)
        {
            ClientVerification = verification;
            ClientVerificationResult = session.VerificationResult;
            ClientCertificate = session.ReadPeerCertificate();
        }
    }

    /// <summary>Checks the certificate of the handshake, if there was one, against other rules.</summary>
    public void VerifyAgain(TlsClientVerification verification)
    {
        ClientVerification = verification;
        ClientVerificationResult = _session is null ? TlsClientVerification.Verified : verification.Verify(_session);
    }

    public void SetPeer(in ClientAddress address, int port)
    {
        Peer = address;
        PeerPort = port;
        _peerTextLength = AddressText.Format(in address, _peerText);
    }

    /// <summary>Makes the object ready for another connection.</summary>
    public void Reset()
    {
        Serial = 0;
        SetPeer(default, 0);
        Local = default;
        LocalPort = 0;
        IsTls = false;
        TlsProtocol = [];
        TlsCipher = [];
        TlsServerName = [];
        _session = null;
        TlsResumed = false;
        ClientVerification = null;
        ClientVerificationResult = TlsClientVerification.Verified;
        ClientCertificate = null;
        Proxy = null;
        Requests = 0;
    }
}

/// <summary>The addresses of a PROXY protocol header.</summary>
internal sealed record ProxyAnnouncement(ClientAddress Source, int SourcePort, ClientAddress Destination, int DestinationPort)
{
    /// <summary>Null when the header names no addresses: those of the connection hold then.</summary>
    public static ProxyAnnouncement? From(in ProxyHeader header) => !header.HasAddresses
        ? null
        : new ProxyAnnouncement(
            ClientAddress.FromBytes(SocketAddress.IpBytes(header.Source)), SocketAddress.Port(header.Source),
            ClientAddress.FromBytes(SocketAddress.IpBytes(header.Destination)), SocketAddress.Port(header.Destination));
}
