using Portico.Model.Text;

namespace Portico.Model;

/// <summary>What holds for TCP and UDP services and for connections that are passed through.</summary>
public sealed record StreamSettings
{
    /// <summary>Longest wait for an endpoint to accept a connection (nginx's proxy_connect_timeout of streams, which no key changes).</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest silence of both sides together (<c>proxy-stream-timeout</c>).</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>Whether another endpoint is tried when one cannot be connected to (<c>proxy-stream-next-upstream</c>).</summary>
    public bool NextUpstream { get; init; } = true;

    /// <summary>Time after which no further endpoint is tried; zero for no limit (<c>proxy-stream-next-upstream-timeout</c>).</summary>
    public TimeSpan NextUpstreamTimeout { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>Attempts in total; zero for no limit (<c>proxy-stream-next-upstream-tries</c>).</summary>
    public int NextUpstreamTries { get; init; } = 3;

    /// <summary>Datagrams that answer one datagram of a client (<c>proxy-stream-responses</c>). When they have come the session is over.</summary>
    public int Responses { get; init; } = 1;

    public StreamLogSettings Log { get; init; } = new();
}

/// <summary>The access log of TCP and UDP services: a line for each session when it ends.</summary>
public sealed record StreamLogSettings
{
    public bool Enabled { get; init; } = true;

    /// <summary>A file; empty for where the access log of HTTP goes by default.</summary>
    public string Path { get; init; } = "";

    public Template Format { get; init; } = DefaultFormat;

    /// <summary>ingress-nginx's log-format-stream.</summary>
    public static Template DefaultFormat { get; } = Template.Parse("[$remote_addr] [$time_local] $protocol $status $bytes_sent $bytes_received $session_time");
}
