using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Portico.TestKit.Cluster;

/// <summary>How a fake API server behaves where real ones differ.</summary>
public sealed record FakeApiServerOptions
{
    public IPEndPoint EndPoint { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>A socket that listens for it instead, such as one of another network namespace. IPv4.</summary>
    public Socket? Listener { get; init; }

    /// <summary>With one it speaks TLS and HTTP/2; without, plain HTTP/1.1.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Whether handshakes ask for a client certificate; see <see cref="Authorize"/>.</summary>
    public bool AskForClientCertificate { get; init; }

    /// <summary>Who is let in: the Authorization header and the client certificate. Null for everybody.</summary>
    public Func<string, X509Certificate2?, bool>? Authorize { get; init; }

    /// <summary>About a minute in the real one.</summary>
    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether a watch from a version that is gone is answered with status 410 rather than with an ERROR event; both happen.</summary>
    public bool ExpiredWatchesByStatus { get; init; }

    public TimeSpan TooLargeWait { get; init; } = TimeSpan.FromSeconds(3);

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
