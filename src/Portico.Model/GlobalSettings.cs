using System.Collections.Immutable;
using System.Net;
using Portico.Model.Policies;
using Portico.Model.Text;

namespace Portico.Model;

/// <summary>What holds for every listener and route: the ConfigMap of the installation, with defaults filled in.</summary>
public sealed record GlobalSettings
{
    public ClientLimits Client { get; init; } = new();

    public ForwardedHeadersSettings Forwarded { get; init; } = new();

    public UpstreamPoolSettings UpstreamPool { get; init; } = new();

    public StreamSettings Streams { get; init; } = new();

    public TlsSettings Tls { get; init; } = new();

    public AccessLogSettings AccessLog { get; init; } = new();

    public ErrorLogSettings ErrorLog { get; init; } = new();

    /// <summary>Where both logs of HTTP go besides, or instead; null for nowhere.</summary>
    public SyslogSettings? Syslog { get; init; }

    /// <summary>The addresses to listen on (<c>bind-address</c>); none for all. Takes effect at the start only.</summary>
    public ImmutableArray<IPAddress> BindAddresses { get; init; } = [];

    /// <summary>No IPv6 listeners (<c>disable-ipv6</c>). Takes effect at the start only.</summary>
    public bool DisableIPv6 { get; init; }

    /// <summary>Names of backends are looked up by IPv4 alone (<c>disable-ipv6-dns</c>).</summary>
    public bool DisableIPv6Dns { get; init; }

    /// <summary>The Content-Type of texts that the gateway answers with, other than its pages (<c>default-type</c>).</summary>
    public string DefaultType { get; init; } = "text/html";

    public CompressionSettings Compression { get; init; } = CompressionSettings.Off;

    public HstsSettings? Hsts { get; init; } = new();

    /// <summary>Added to, or replacing in, every request to a backend (<c>proxy-set-headers</c>). An empty template removes the header.</summary>
    public ImmutableArray<HeaderTemplate> RequestHeaders { get; init; } = [];

    /// <summary>Set on every response (<c>add-headers</c>), replacing a header of the backend.</summary>
    public ImmutableArray<HeaderTemplate> ResponseHeaders { get; init; } = [];

    /// <summary>Response headers of backends that are not passed on (<c>hide-headers</c>), lower case.</summary>
    public ImmutableArray<string> HiddenResponseHeaders { get; init; } = [];

    /// <summary>Clients that get 403 everywhere except on routes with source ranges of their own (<c>block-cidrs</c>).</summary>
    public ImmutableArray<AddressRange> BlockedClients { get; init; } = [];

    /// <summary>User agents that get 403 everywhere (<c>block-user-agents</c>): whole values in either case, or expressions after <c>~</c> or <c>~*</c>.</summary>
    public ImmutableArray<string> BlockedUserAgents { get; init; } = [];

    /// <summary>Referers that get 403 everywhere (<c>block-referers</c>), written alike.</summary>
    public ImmutableArray<string> BlockedReferers { get; init; } = [];

    public LimitSettings Limits { get; init; } = new();

    /// <summary>Whether responses carry a Server header with the gateway's name (<c>server-tokens</c>).</summary>
    public bool ServerTokens { get; init; }

    /// <summary>Whether a backend's Server header is passed; has an effect only with <see cref="ServerTokens"/>.</summary>
    public bool PassBackendServerHeader { get; init; }

    /// <summary>Whether a request without X-Request-ID gets one made up (<c>generate-request-id</c>).</summary>
    public bool GenerateRequestId { get; init; } = true;

    /// <summary>Whether backends get X-Original-URI (<c>proxy-add-original-uri-header</c>).</summary>
    public bool AddOriginalUriHeader { get; init; }

    /// <summary>Where requests go that no host claims; null for the built-in 404 page.</summary>
    public BackendId? DefaultBackend { get; init; }

    /// <summary>Longest life of old connections during shutdown (<c>worker-shutdown-timeout</c>).</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(240);
}

/// <summary>What all rate and connection limits have in common.</summary>
public sealed record LimitSettings
{
    /// <summary>The status of a request over its rate (<c>limit-req-status-code</c>).</summary>
    public int RateStatus { get; init; } = 503;

    /// <summary>The status of a request too many at a time (<c>limit-conn-status-code</c>).</summary>
    public int ConnectionStatus { get; init; } = 503;

    /// <summary>What clients are told apart by (<c>limit-conn-zone-variable</c>); null for their address. An empty value is not limited.</summary>
    public Template? Key { get; init; }
}

/// <summary>Limits on what clients send and how long they may take.</summary>
public sealed record ClientLimits
{
    /// <summary>Largest request line and largest single header line, bytes (<c>large-client-header-buffers</c>, second value).</summary>
    public int HeaderBufferBytes { get; init; } = 8 * 1024;

    /// <summary>How many such buffers a request head may fill (<c>large-client-header-buffers</c>, first value).</summary>
    public int HeaderBufferCount { get; init; } = 4;

    /// <summary>Longest silence while a request head is read: 408.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest silence between two reads of a body.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest silence between two writes to the client (nginx's send_timeout, 60 s).</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an idle connection is kept; zero closes after each response.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>Requests on one connection before it is closed (<c>keep-alive-requests</c>).</summary>
    public int KeepAliveRequests { get; init; } = 1000;

    /// <summary>Whether HTTP/2 is spoken with new connections (<c>use-http2</c>): by ALPN, and by prior knowledge on plain ports.</summary>
    public bool Http2 { get; init; } = true;

    /// <summary>Streams that a client of HTTP/2 may have open at a time (<c>http2-max-concurrent-streams</c>).</summary>
    public int Http2MaxConcurrentStreams { get; init; } = 128;

    /// <summary>Whether header names may hold underscores; if not such headers are dropped.</summary>
    public bool UnderscoresInHeaders { get; init; }

    /// <summary>Whether headers with odd names are dropped (true) or passed on.</summary>
    public bool IgnoreInvalidHeaders { get; init; } = true;
}

/// <summary>Whom to believe about the client's address, scheme and host.</summary>
public sealed record ForwardedHeadersSettings
{
    /// <summary>Take scheme, host and port from X-Forwarded-Proto, -Host and -Port (<c>use-forwarded-headers</c>).</summary>
    public bool UseForwardedHeaders { get; init; }

    /// <summary>Take the client address from <see cref="ForHeader"/> (<c>enable-real-ip</c>; implied by the above).</summary>
    public bool EnableRealIp { get; init; }

    /// <summary>Send the full list in X-Forwarded-For (<c>compute-full-forwarded-for</c>).</summary>
    public bool ComputeFullForwardedFor { get; init; }

    public bool UseProxyProtocol { get; init; }

    /// <summary>Time for the PROXY header on a port that passes TLS through (<c>proxy-protocol-header-timeout</c>); elsewhere that of a request head holds.</summary>
    public TimeSpan ProxyHeaderTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The header that carries the client address (<c>forwarded-for-header</c>).</summary>
    public string ForHeader { get; init; } = "X-Forwarded-For";

    /// <summary>The header that is kept as X-Original-Forwarded-Host (<c>forwarded-host-header</c>).</summary>
    public string HostHeader { get; init; } = "X-Forwarded-Host";

    /// <summary>The proxies whose word about the client address counts (<c>proxy-real-ip-cidr</c>).</summary>
    public ImmutableArray<AddressRange> TrustedProxies { get; init; } = [AddressRange.Parse("0.0.0.0/0")];
}

/// <summary>Idle connections towards backends.</summary>
public sealed record UpstreamPoolSettings
{
    /// <summary>Idle connections kept per shard; zero closes each after its response.</summary>
    public int Connections { get; init; } = 320;

    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(1);

    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public int Requests { get; init; } = 10000;
}

public sealed record TlsSettings
{
    public bool Tls12 { get; init; } = true;

    public bool Tls13 { get; init; } = true;

    /// <summary>Whether <c>h2</c> is offered by ALPN (<c>use-http2</c>).</summary>
    public bool Http2 { get; init; } = true;

    /// <summary>OpenSSL cipher list for TLS 1.2.</summary>
    public string Ciphers { get; init; } = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256";

    /// <summary>OpenSSL groups list, or <c>auto</c>.</summary>
    public string EcdhCurve { get; init; } = "auto";

    public bool SessionCache { get; init; } = true;

    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromMinutes(10);

    public bool SessionTickets { get; init; }

    /// <summary>Sessions that the cache holds at most.</summary>
    public int SessionCacheEntries { get; init; } = 20_480;

    /// <summary>
    /// The keys of tickets, base64 of 48 or 80 bytes each, with blanks between: the first seals, all open. Empty for a random one of each
    /// process. Never logged, never printed.
    /// </summary>
    public string TicketKeys { get; init; } = "";

    /// <summary>Diffie-Hellman parameters, PEM; empty for none, and then no DHE cipher is chosen.</summary>
    public string DhParametersPem { get; init; } = "";

    /// <summary>Refuse the handshake for names that no host claims (<c>ssl-reject-handshake</c>).</summary>
    public bool RejectUnknownNames { get; init; }

    /// <summary>Whether OCSP answers are got and shown to clients that want them (<c>enable-ocsp</c>).</summary>
    public bool OcspStapling { get; init; }
}

public enum LogEscape
{
    Default,
    Json,
    None,
}

public sealed record AccessLogSettings
{
    public bool Enabled { get; init; } = true;

    public Template Format { get; init; } = DefaultFormat;

    public LogEscape Escape { get; init; } = LogEscape.Default;

    /// <summary>Whether requests of unknown hosts are logged.</summary>
    public bool LogDefaultBackend { get; init; }

    /// <summary>Whether the questions to authentication services have lines of their own (<c>enable-auth-access-log</c>).</summary>
    public bool LogAuthQuestions { get; init; }

    /// <summary>
    /// Raw request targets, query included, that are not logged (<c>skip-access-log-urls</c>): whole texts in either case, or
    /// regular expressions after <c>~</c> or <c>~*</c>.
    /// </summary>
    public ImmutableArray<string> SkipTargets { get; init; } = [];

    /// <summary>A file, or empty for standard output.</summary>
    public string Path { get; init; } = "";

    /// <summary>ingress-nginx's log-format-upstream.</summary>
    public static Template DefaultFormat { get; } = Template.Parse(
        "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" \"$http_user_agent\" $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id");
}

/// <summary>
/// A server that takes lines as datagrams (<c>enable-syslog</c>, RFC 3164): those of the access log instead of its file, those of the error log
/// besides.
/// </summary>
/// <param name="Host">An address, or a name that is looked up (<c>syslog-host</c>).</param>
/// <param name="Port"><c>syslog-port</c></param>
public sealed record SyslogSettings(string Host, int Port);

/// <summary>The log of what happens beside requests.</summary>
public sealed record ErrorLogSettings
{
    /// <summary>A file, or empty for standard error (<c>error-log-path</c>).</summary>
    public string Path { get; init; } = "";

    /// <summary>The least level that is written, one of nginx's words (<c>error-log-level</c>).</summary>
    public string Level { get; init; } = "notice";
}

/// <summary>Strict-Transport-Security on every response over TLS; null in the settings switches it off.</summary>
public sealed record HstsSettings
{
    public string MaxAge { get; init; } = "31536000";

    public bool IncludeSubdomains { get; init; } = true;

    public bool Preload { get; init; }
}
