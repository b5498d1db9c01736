using System.Collections.Immutable;
using System.Net;
using Portico.Kubernetes.Resources;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Model.Text;

namespace Portico.Ingress.Configuration;

/// <summary>Backends, clients and headers.</summary>
internal static partial class ConfigKeys
{
    private static ImmutableArray<ConfigKey> UpstreamKeys() =>
    [
        Checked("proxy-body-size", "1m", "The largest request body; 0 for no limit.", TakeBodySize),
        Seconds("proxy-connect-timeout", 5, 1, "Seconds to connect to a backend.", (d, v) => d.Upstream(u => u with { ConnectTimeout = v })),
        Seconds("proxy-send-timeout", 60, 1, "Seconds between two writes to a backend.", (d, v) => d.Upstream(u => u with { SendTimeout = v })),
        Seconds("proxy-read-timeout", 60, 1, "Seconds between two reads from a backend.", (d, v) => d.Upstream(u => u with { ReadTimeout = v })),
        Checked("proxy-next-upstream", "error timeout", "What makes a request go to another endpoint.", TakeNextUpstream),
        Integer("proxy-next-upstream-tries", 3, 0, "Attempts in total, 0 for no limit.", (d, v) => d.Retry = d.Retry with { Tries = v }),
        Seconds("proxy-next-upstream-timeout", 0, 0, "Seconds after which no further attempt is made, 0 for no limit.", (d, v) => d.Retry = d.Retry with { Timeout = v }),
        Boolean("retry-non-idempotent", false, "Repeats POST, LOCK and PATCH as well.", (d, v) => d.Routes = d.Routes with { RetryNonIdempotent = v }),
        Checked("proxy-buffer-size", "4k", "Room for the head of a response.", (d, v) => TakeBytes(v, bytes => d.Upstream(u => u with { HeadBufferBytes = bytes }))),
        Integer("grpc-buffer-size-kb", 0, 0, "Room for the head of a response of HTTP/2 backends (gRPC), in KB; 0 for that of proxy-buffer-size. Messages are streamed.", (d, v) => d.Upstream(u => u with { Http2HeadBufferBytes = Math.Min(v, 1024) * 1024 }))
            with { Difference = "values above 1024 act as 1024; nginx has 4 KB or 8 KB without it." },
        Checked("proxy-buffering", "off", "Whether responses are read ahead of slow clients, so that backends are done with them early.", (d, v) => TakeOnOff(v, on => d.ResponseBuffering(b => b with { Enabled = on }))),
        Integer("proxy-buffers-number", 4, 1, "How many times proxy-buffer-size a response that is read ahead may take of memory before it goes to disk.", (d, v) => d.ResponseBuffering(b => b with { Buffers = v }))
            with { Difference = "products below 64k act as 64k, above 16m as 16m." },
        Checked("proxy-max-temp-file-size", "1024m", "How much of a response that is read ahead may go to disk; 0 for nothing.", (d, v) => TakeSize(v, bytes => d.ResponseBuffering(b => b with { MaxFileBytes = bytes }))),
        Checked("proxy-request-buffering", "on", "Whether request bodies are read whole before the backend sees the request.", (d, v) => TakeOnOff(v, on => d.Upstream(u => u with { RequestBuffering = on }))),
        Checked("client-body-buffer-size", "8k", "Memory for a request body that is read whole first; what is larger goes to disk meanwhile.", (d, v) => TakeBytes(v, bytes => d.Upstream(u => u with { BodyBufferBytes = bytes })))
            with { Difference = "values below 64k act as 64k, values above 16m as 16m." },
        Checked("proxy-http-version", "1.1", "The HTTP version towards backends.", TakeHttpVersion),
        Integer("upstream-keepalive-connections", 320, 0, "Idle connections to backends kept per shard; 0 closes each after its response.", (d, v) => d.Pool(p => p with { Connections = v })),
        Time("upstream-keepalive-time", "1h", "Longest life of a connection to a backend.", (d, v) => d.Pool(p => p with { Lifetime = v })),
        Seconds("upstream-keepalive-timeout", 60, 0, "How long an idle connection to a backend is kept.", (d, v) => d.Pool(p => p with { IdleTimeout = v })),
        Integer("upstream-keepalive-requests", 10000, 1, "Requests on one connection to a backend.", (d, v) => d.Pool(p => p with { Requests = v })),
        Checked("proxy-cookie-domain", "off", "Two words: a Domain of cookies, and what takes its place.", (d, v) => TakePair(v, () => d.ResponseRewrites(r => r with { CookieDomain = v }))),
        Checked("proxy-cookie-path", "off", "Two words: the beginning of the Path of cookies, and what takes its place.", (d, v) => TakePair(v, () => d.ResponseRewrites(r => r with { CookiePath = v }))),
        Text("proxy-redirect-from", "off", "The beginning of Location and Refresh that is replaced.", (d, v) => d.ResponseRewrites(r => r with { RedirectFrom = v })),
        Text("proxy-redirect-to", "off", "What takes the place of proxy-redirect-from.", (d, v) => d.ResponseRewrites(r => r with { RedirectTo = v })),
        Boolean("proxy-ssl-location-only", false, "Keeps the proxy-ssl annotations to the paths of their Ingress.", (d, v) => d.Routes = d.Routes with { ProxySslLocationOnly = v }),
        Integer("limit-rate", 0, 0, "Kilobytes per second of a response; 0 for no limit.", (d, v) => d.Routes = d.Routes with { ResponseRateKilobytes = v }),
        Integer("limit-rate-after", 0, 0, "Kilobytes of a response before its rate is limited.", (d, v) => d.Routes = d.Routes with { ResponseRateAfterKilobytes = v }),
        Checked("limit-req-status-code", "503", "The status of requests over the rate limit: 400 to 599.", (d, v) => TakeLimitStatus(v, s => d.Limits(l => l with { RateStatus = s }))),
        Checked("limit-conn-status-code", "503", "The status of requests over the connection limit: 400 to 599.", (d, v) => TakeLimitStatus(v, s => d.Limits(l => l with { ConnectionStatus = s }))),
        Text("limit-conn-zone-variable", "$binary_remote_addr", "The key of all limits; requests for which it is empty are not limited.", TakeLimitKey),
    ];

    private static ImmutableArray<ConfigKey> ClientKeys() =>
    [
        Checked("large-client-header-buffers", "4 8k", "Number and size of buffers for a request head.", TakeHeaderBuffers),
        Seconds("client-header-timeout", 60, 1, "Longest silence while a request head is read.", (d, v) => d.Client(c => c with { HeaderTimeout = v })),
        Seconds("client-body-timeout", 60, 1, "Longest silence between two reads of a request body.", (d, v) => d.Client(c => c with { BodyTimeout = v })),
        Seconds("keep-alive", 75, 0, "How long an idle client connection is kept; 0 closes after each response.", (d, v) => d.Client(c => c with { KeepAliveTimeout = v })),
        Integer("keep-alive-requests", 1000, 1, "Requests on one client connection.", (d, v) => d.Client(c => c with { KeepAliveRequests = v })),
        Boolean("enable-underscores-in-headers", false, "Whether header names may hold underscores.", (d, v) => d.Client(c => c with { UnderscoresInHeaders = v })),
        Boolean("ignore-invalid-headers", true, "Whether headers with odd names are dropped.", (d, v) => d.Client(c => c with { IgnoreInvalidHeaders = v })),
        Boolean("use-forwarded-headers", false, "Believes X-Forwarded-Proto, -Host, -Port and the client address of a proxy in front.", (d, v) => d.Forwarded(f => f with { UseForwardedHeaders = v })),
        Boolean("enable-real-ip", false, "Believes the client address of a proxy in front.", (d, v) => d.Forwarded(f => f with { EnableRealIp = v })),
        Boolean("compute-full-forwarded-for", false, "Sends the whole list in X-Forwarded-For.", (d, v) => d.Forwarded(f => f with { ComputeFullForwardedFor = v })),
        Boolean("use-proxy-protocol", false, "Expects the PROXY protocol on the http and https ports.", (d, v) => d.Forwarded(f => f with { UseProxyProtocol = v })),
        Checked("forwarded-for-header", "X-Forwarded-For", "The header with the client address.", (d, v) => TakeHeaderName(v, h => d.Forwarded(f => f with { ForHeader = h }))),
        Checked("forwarded-host-header", "X-Forwarded-Host", "The header that is kept as X-Original-Forwarded-Host.", (d, v) => TakeHeaderName(v, h => d.Forwarded(f => f with { HostHeader = h }))),
        NoMeaning("forwarded-for-proxy-protocol-header", "X-Forwarded-For-Proxy-Protocol", "the address of the PROXY protocol needs no helper header"),
        Ranges("proxy-real-ip-cidr", "0.0.0.0/0", "The proxies whose word about the client address counts.", (d, v, _) => d.Forwarded(f => f with { TrustedProxies = v })),
        Time("proxy-protocol-header-timeout", "5s", "Time for the PROXY header on a port that passes TLS through.", (d, v) => d.Forwarded(f => f with { ProxyHeaderTimeout = v })),
        Checked("bind-address", "", "Listen addresses instead of all; read at the start.", TakeBindAddresses),
        Boolean("disable-ipv6", false, "Switches IPv6 listeners off; read at the start.", (d, v) => d.Settings = d.Settings with { DisableIPv6 = v }),
        Boolean("disable-ipv6-dns", false, "Looks names of backends up by IPv4 alone, from the next lookup on.", (d, v) => d.Settings = d.Settings with { DisableIPv6Dns = v }),
        Boolean("use-http2", true, "HTTP/2 for clients: by ALPN, and by prior knowledge on the plain port.", (d, v) => d.Http2(v)),
        Integer("http2-max-concurrent-streams", 128, 1, "Streams on one HTTP/2 connection at a time.", (d, v) => d.Client(c => c with { Http2MaxConcurrentStreams = v })),
        Time("worker-shutdown-timeout", "240s", "Longest life of old connections during shutdown.", (d, v) => d.Settings = d.Settings with { ShutdownTimeout = v }),
    ];

    private static ImmutableArray<ConfigKey> HeaderKeys() =>
    [
        Text("add-headers", "", "namespace/name of a ConfigMap whose entries are set on every response.", (d, v) => d.AddHeaders = v) with { Names = ResourceKind.ConfigMap },
        Text("proxy-set-headers", "", "namespace/name of a ConfigMap whose entries are sent to backends.", (d, v) => d.ProxySetHeaders = v) with { Names = ResourceKind.ConfigMap },
        List("hide-headers", "", "Response headers of backends that are not passed on.", (d, v) => d.Settings = d.Settings with { HiddenResponseHeaders = [.. v.Select(h => h.ToLowerInvariant())] }),
        Boolean("allow-backend-server-header", false, "Passes the Server header of backends; acts only with server-tokens.", (d, v) => d.Settings = d.Settings with { PassBackendServerHeader = v }),
        Boolean("server-tokens", false, "Sends a Server header.", (d, v) => d.Settings = d.Settings with { ServerTokens = v }),
        Boolean("generate-request-id", true, "Makes up an X-Request-ID when the client sends none.", (d, v) => d.Settings = d.Settings with { GenerateRequestId = v }),
        Boolean("proxy-add-original-uri-header", false, "Sends X-Original-URI to backends.", (d, v) => d.Settings = d.Settings with { AddOriginalUriHeader = v }),
        Boolean("hsts", true, "Sends Strict-Transport-Security over TLS.", (d, v) => d.Hsts = v),
        Checked("hsts-max-age", "31536000", "Seconds for which browsers remember it.", TakeHstsMaxAge),
        Boolean("hsts-include-subdomains", true, "Adds includeSubDomains.", (d, v) => d.HstsSettings = d.HstsSettings with { IncludeSubdomains = v }),
        Boolean("hsts-preload", false, "Adds preload.", (d, v) => d.HstsSettings = d.HstsSettings with { Preload = v }),
    ];

    /// <summary>As in ingress-nginx, an entry that is no address is left out and the others hold.</summary>
    private static bool TakeBindAddresses(ConfigurationDraft draft, string text)
    {
        var addresses = ImmutableArray.CreateBuilder<IPAddress>();
        foreach (var entry in GoValues.List(text))
        {
            if (IPAddress.TryParse(entry, out var address))
            {
                addresses.Add(address);
            }
            else
            {
                draft.Partial.Add(("bind-address", $"'{entry}' is no IP address; it is left out"));
            }
        }

        draft.Settings = draft.Settings with { BindAddresses = addresses.ToImmutable() };
        return true;
    }

    /// <summary>A text that is no size leaves nginx's own default of 1m, which is the key's default as well.</summary>
    private static bool TakeBodySize(ConfigurationDraft draft, string text)
    {
        if (!NginxUnits.TryParseSize(text, out var bytes))
        {
            return false;
        }

        draft.Routes = draft.Routes with { MaxBodyBytes = bytes == 0 ? null : bytes };
        return true;
    }

    private static bool TakeNextUpstream(ConfigurationDraft draft, string text)
    {
        if (text.Length == 0 || !RetryWords.TryParse(text, false, out var on))
        {
            return false;
        }

        draft.Retry = draft.Retry with { On = on };
        return true;
    }

    private static bool TakeBytes(string text, Action<int> set)
    {
        if (!NginxUnits.TryParseSize(text, out var bytes) || bytes is 0 or > int.MaxValue)
        {
            return false;
        }

        set((int)bytes);
        return true;
    }

    private static bool TakeSize(string text, Action<long> set)
    {
        if (!NginxUnits.TryParseSize(text, out var bytes))
        {
            return false;
        }

        set(bytes);
        return true;
    }

    private static bool TakeLimitStatus(string text, Action<int> set)
    {
        if (!GoValues.TryInteger(text, out var status) || status is < 400 or > 599)
        {
            return false;
        }

        set(status);
        return true;
    }

    /// <summary>The usual key needs no text to be made of it.</summary>
    private static void TakeLimitKey(ConfigurationDraft draft, string text) =>
        draft.Limits(l => l with { Key = text is "" or "$binary_remote_addr" or "${binary_remote_addr}" ? null : Template.Parse(text) });

    private static bool TakeOnOff(string text, Action<bool> set)
    {
        if (text is not ("on" or "off"))
        {
            return false;
        }

        set(text == "on");
        return true;
    }

    private static bool TakePair(string text, Action set)
    {
        var readable = Annotations.ResponseRewrites.TryReadPair(text, out _);
        if (readable)
        {
            set();
        }

        return readable;
    }

    private static bool TakeHttpVersion(ConfigurationDraft draft, string text)
    {
        if (text is not ("1.0" or "1.1"))
        {
            return false;
        }

        draft.Upstream(u => u with { Http10 = text == "1.0" });
        return true;
    }

    private static bool TakeHeaderBuffers(ConfigurationDraft draft, string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != 2 || !GoValues.TryInteger(parts[0], out var count) || count < 1
            || !NginxUnits.TryParseSize(parts[1], out var bytes) || bytes is < 64 or > 16 * 1024 * 1024)
        {
            return false;
        }

        draft.Client(c => c with { HeaderBufferCount = count, HeaderBufferBytes = (int)bytes });
        return true;
    }

    private static bool TakeHeaderName(string text, Action<string> set)
    {
        if (!HeaderText.IsName(text))
        {
            return false;
        }

        set(text);
        return true;
    }

    private static bool TakeHstsMaxAge(ConfigurationDraft draft, string text)
    {
        if (text.Length == 0 || text.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        draft.HstsSettings = draft.HstsSettings with { MaxAge = text };
        return true;
    }
}
