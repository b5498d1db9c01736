using System.Collections.Immutable;
using Portico.Kubernetes.Resources;
using Portico.Model.Text;

namespace Portico.Ingress.Configuration;

/// <summary>TLS, logs, features that are not in effect yet, and keys that only tune nginx.</summary>
internal static partial class ConfigKeys
{
    private const string StandardLog = "/var/log/nginx/access.log";
    private const string StandardErrorLog = "/var/log/nginx/error.log";
    private const string ModernCiphers =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256";
    private const string CompressedTypes =
        "application/atom+xml application/javascript application/x-javascript application/json application/rss+xml application/vnd.ms-fontobject application/x-font-ttf application/x-web-app-manifest+json application/xhtml+xml application/xml font/opentype image/svg+xml image/x-icon text/css text/javascript text/plain text/x-component";

    private static ImmutableArray<ConfigKey> TlsKeys() =>
    [
        Checked("ssl-protocols", "TLSv1.2 TLSv1.3", "TLS versions for clients.", TakeProtocols),
        Checked("ssl-ciphers", ModernCiphers, "OpenSSL cipher list for TLS 1.2.", TakeCiphers),
        Text("ssl-ecdh-curve", "auto", "OpenSSL groups list.", (d, v) => d.Tls(t => t with { EcdhCurve = v.Length == 0 ? "auto" : v })),
        Boolean("ssl-session-cache", true, "Whether TLS sessions are kept.", (d, v) => d.Tls(t => t with { SessionCache = v })),
        Time("ssl-session-timeout", "10m", "How long TLS sessions are kept.", (d, v) => d.Tls(t => t with { SessionTimeout = v })),
        Boolean("ssl-session-tickets", false, "Whether TLS sessions are kept by clients.", (d, v) => d.Tls(t => t with { SessionTickets = v })),
        Boolean("ssl-reject-handshake", false, "Refuses handshakes for names that no host claims.", (d, v) => d.Tls(t => t with { RejectUnknownNames = v })),
        Checked("ssl-session-cache-size", "10m", "Room for TLS sessions: 2,048 for a megabyte.", TakeSessionCacheSize),
        Text("ssl-session-ticket-key", "", "Keys of session tickets, base64 of 48 or 80 bytes, with blanks between: the first seals, the others still open.", (d, v) => d.Tls(t => t with { TicketKeys = v })),
        Text("ssl-dh-param", "", "namespace/name of a Secret with dhparam.pem.", (d, v) => d.DhParameters = v) with { Names = ResourceKind.Secret },
        NoMeaning("ssl-early-data", "false", "requests in the first flight of TLS 1.3 can be replayed by anybody who sees them; they are never taken"),
        Boolean("enable-ocsp", false, "OCSP stapling: what the certificate's issuer says about it is shown to clients that ask.", (d, v) => d.Tls(t => t with { OcspStapling = v })),
        NoMeaning("ssl-buffer-size", "4k", "records follow the writes"),
    ];

    private static ImmutableArray<ConfigKey> LogKeys() =>
    [
        Boolean("disable-access-log", false, "Switches access logs off.", (d, v) => d.DisableAccessLog = v),
        Boolean("disable-http-access-log", false, "Switches the access log of HTTP off.", (d, v) => d.DisableHttpAccessLog = v),
        Text("access-log-path", StandardLog, "A file instead of standard output.", (d, v) => d.AccessLogPath = v == StandardLog ? "" : v),
        Text("http-access-log-path", "", "The same, for HTTP alone.", (d, v) => d.HttpAccessLogPath = v == StandardLog ? "" : v),
        Checked("log-format-upstream", "", "The format of a line, with nginx variables.", TakeLogFormat),
        Boolean("log-format-escape-json", false, "Escapes variables as JSON strings.", (d, v) => d.EscapeJson = v),
        Boolean("log-format-escape-none", false, "Prints variables as they are.", (d, v) => d.EscapeNone = v),
        Boolean("enable-access-log-for-default-backend", false, "Logs requests for unknown hosts.", (d, v) => d.Log(l => l with { LogDefaultBackend = v })),
        Boolean("enable-auth-access-log", false, "Whether each question to an authentication service has a line of its own in the access log, before that of its request.", (d, v) => d.Log(l => l with { LogAuthQuestions = v })),
        List("skip-access-log-urls", "", "Request targets, query included, that are not logged: whole ones in either case, or expressions after ~ or ~*.", (d, v) => d.Log(l => l with { SkipTargets = v })),
        NoMeaning("access-log-params", "", "the log is written in whole lines without such options"),
        Text("error-log-path", StandardErrorLog, "A file instead of standard error.", (d, v) => d.ErrorLog(l => l with { Path = v == StandardErrorLog ? "" : v })),
        Checked("error-log-level", "notice", "The least level that the error log holds.", TakeErrorLogLevel),
        Boolean("enable-syslog", false, "Sends the access log of HTTP to a syslog server instead of its file, and the error log besides: datagrams of RFC 3164 with nginx's tag and facility.", (d, v) => d.EnableSyslog = v)
            with { Difference = "messages of the error log go to their file as well, since those about the configuration are among them." },
        Text("syslog-host", "", "The syslog server, an address or a name.", (d, v) => d.SyslogHost = v),
        Checked("syslog-port", "514", "Its port.", TakeSyslogPort),
    ];

    private static ImmutableArray<ConfigKey> FeatureKeys() =>
    [
        Checked("default-type", "text/html", "The type of texts that the gateway answers with; its pages are always text/html.", TakeDefaultType),
        Boolean("use-gzip", false, "Compresses responses with gzip: statuses 200, 403 and 404 of listed types, for clients of HTTP/1.1 and later that accept it.", (d, v) => d.UseGzip = v),
        Checked("gzip-level", "1", "The level, 1 to 9.", (d, v) => TakeLevel(v, 1, 9, level => d.Gzip = d.Gzip with { Level = level })),
        Integer("gzip-min-length", 256, 0, "The shortest announced length that is compressed.", (d, v) => d.Gzip = d.Gzip with { MinLength = v }),
        Checked("gzip-types", CompressedTypes, "The types that are compressed besides text/html.", (d, v) => TakeTypes(v, types => d.Gzip = d.Gzip with { Types = types })),
        Text("gzip-disable", "", "An expression over User-Agent: such clients get no gzip.", (d, v) => d.GzipDisable = v),
        Boolean("enable-brotli", false, "Compresses responses with brotli, which wins over gzip.", (d, v) => d.EnableBrotli = v),
        Checked("brotli-level", "4", "The level, 0 to 11.", (d, v) => TakeLevel(v, 0, 11, level => d.Brotli = d.Brotli with { Level = level })),
        Integer("brotli-min-length", 20, 0, "The shortest announced length that is compressed.", (d, v) => d.Brotli = d.Brotli with { MinLength = v }),
        Checked("brotli-types", CompressedTypes + " application/xml+rss", "The types that are compressed besides text/html.", (d, v) => TakeTypes(v, types => d.Brotli = d.Brotli with { Types = types })),
        NotYet("use-geoip2", "false", "Variables from GeoIP databases.", NoLocations),
        NotYet("geoip2-autoreload-in-minutes", "0", "How often the databases are read again.", NoLocations),
        NotYet("enable-opentelemetry", "false", "Traces requests.", NoSpans),
        NotYet("opentelemetry-config", "/etc/ingress-controller/telemetry/opentelemetry.toml", "The configuration of tracing.", NoSpans),
        NotYet("opentelemetry-operation-name", "", "The name of spans.", NoSpans),
        NotYet("opentelemetry-trust-incoming-span", "true", "Continues the client's trace.", NoSpans),
        NotYet("otlp-collector-host", "", "The collector.", NoSpans),
        NotYet("otlp-collector-port", "4317", "Its port.", NoSpans),
        NotYet("otel-service-name", "nginx", "The name of the service in traces.", NoSpans),
        NotYet("otel-sampler", "AlwaysOn", "The sampler.", NoSpans),
        NotYet("otel-sampler-ratio", "0.01", "Its ratio.", NoSpans),
        NotYet("otel-sampler-parent-based", "true", "Whether the parent decides.", NoSpans),
        NotYet("otel-max-queuesize", "2048", "Spans that wait.", NoSpans),
        NotYet("otel-schedule-delay-millis", "5000", "How long they wait.", NoSpans),
        NotYet("otel-max-export-batch-size", "512", "How many go at once.", NoSpans),
        Unguarded("main-snippet", "", "Directives of the main level.", NoConfigurationText),
        Unguarded("http-snippet", "", "Directives of the http level.", NoConfigurationText),
        Unguarded("server-snippet", "", "Directives of every host.", NoConfigurationText),
        Unguarded("location-snippet", "", "Directives of every path.", NoConfigurationText),
        NotYet("stream-snippet", "", "Directives for TCP and UDP.", NoConfigurationText),
        Boolean("strict-validate-path-type", true, "Whether the admission webhook refuses paths of type Exact and Prefix with other characters than letters, digits and . _ - /.", (d, v) => d.Policy = d.Policy with { StrictPathTypes = v }),
        Ranges("nginx-status-ipv4-whitelist", "127.0.0.1", "Who may read /nginx_status of unknown hosts by IPv4.", (d, v, _) => d.Routes = d.Routes with { StatusReaders4 = v }),
        Ranges("nginx-status-ipv6-whitelist", "::1", "Who may read /nginx_status of unknown hosts by IPv6.", (d, v, _) => d.Routes = d.Routes with { StatusReaders6 = v }),
    ];

    private static ImmutableArray<ConfigKey> NginxKeys() =>
    [
        NoMeaning("reuse-port", "true", "each shard has its own listening socket"),
        NoMeaning("client-header-buffer-size", "1k", "heads are parsed in the receive buffer"),
        NoMeaning("proxy-busy-buffers-size", "", "one buffer at a time is on its way to the client, and the others stay free for the backend"),
        NoMeaning("http2-max-field-size", "", "large-client-header-buffers holds for both versions"),
        NoMeaning("http2-max-header-size", "", "large-client-header-buffers holds for both versions"),
        NoMeaning("http2-max-requests", "0", "keep-alive-requests holds for both versions"),
        NoMeaning("upstream-hash-by", "", "ingress-nginx reads only the annotation"),
        NoMeaning("upstream-hash-by-subset", "false", "ingress-nginx reads only the annotation"),
        NoMeaning("upstream-hash-by-subset-size", "3", "ingress-nginx reads only the annotation"),
        NoMeaning("app-root", "", "ingress-nginx reads only the annotation"),
        NoMeaning("proxy-headers-hash-max-size", "512", HashTables),
        NoMeaning("proxy-headers-hash-bucket-size", "64", HashTables),
        NoMeaning("server-name-hash-max-size", "1024", HashTables),
        NoMeaning("server-name-hash-bucket-size", "auto", HashTables),
        NoMeaning("map-hash-bucket-size", "64", HashTables),
        NoMeaning("variables-hash-max-size", "2048", HashTables),
        NoMeaning("variables-hash-bucket-size", "256", HashTables),
        NoMeaning("worker-processes", "auto", "the flag --shards sets the number of threads"),
        NoMeaning("worker-cpu-affinity", "", "threads are placed by the system"),
        NoMeaning("enable-serial-reloads", "false", "there are no reloads"),
        NoMeaning("max-worker-connections", "16384", "only the limit on open files counts"),
        NoMeaning("max-worker-open-files", "0", "only the limit on open files counts"),
        NoMeaning("enable-multi-accept", "true", "connections are always accepted in batches"),
        NoMeaning("enable-aio-write", "true", "files are written by threads of their own"),
        NoMeaning("lua-shared-dicts", "", "there is no Lua"),
        NoMeaning("debug-connections", "", "the level of the process's log is a flag"),
    ];

    private const string HashTables = "tables grow as needed";

    internal static ImmutableArray<string> UsualTypes => [.. CompressedTypes.Split(' ')];

    private static bool TakeLevel(string text, int least, int most, Action<int> set)
    {
        if (!GoValues.TryInteger(text, out var level) || level < least || level > most)
        {
            return false;
        }

        set(level);
        return true;
    }

    private static bool TakeTypes(string text, Action<ImmutableArray<string>> set)
    {
        set([.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        return true;
    }

    private static bool TakeProtocols(ConfigurationDraft draft, string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var tls12 = words.Contains("TLSv1.2");
        var tls13 = words.Contains("TLSv1.3");
        if (!tls12 && !tls13)
        {
            return false;
        }

        if (words.Any(w => w is not ("TLSv1.2" or "TLSv1.3")))
        {
            draft.Partial.Add(("ssl-protocols", $"of '{text}' only TLSv1.2 and TLSv1.3 are offered"));
        }

        draft.Tls(t => t with { Tls12 = tls12, Tls13 = tls13 });
        return true;
    }

    private static bool TakeSessionCacheSize(ConfigurationDraft draft, string text)
    {
        const long sessionsPerMegabyte = 2048;
        if (!NginxUnits.TryParseSize(text, out var bytes) || bytes <= 0)
        {
            return false;
        }

        draft.Tls(t => t with { SessionCacheEntries = (int)Math.Clamp(bytes * sessionsPerMegabyte / (1024 * 1024), 1, 10_000_000) });
        return true;
    }

    private static bool TakeCiphers(ConfigurationDraft draft, string text)
    {
        if (text.Length == 0 || text.Any(c => char.IsControl(c) || c > '~'))
        {
            return false;
        }

        draft.Tls(t => t with { Ciphers = text });
        return true;
    }

    private static bool TakeDefaultType(ConfigurationDraft draft, string text)
    {
        if (!HeaderText.IsValue(text))
        {
            return false;
        }

        draft.Settings = draft.Settings with { DefaultType = text };
        return true;
    }

    private static bool TakeErrorLogLevel(ConfigurationDraft draft, string text)
    {
        if (text is not ("debug" or "info" or "notice" or "warn" or "error" or "crit" or "alert" or "emerg"))
        {
            return false;
        }

        draft.ErrorLog(l => l with { Level = text });
        return true;
    }

    private static bool TakeSyslogPort(ConfigurationDraft draft, string text)
    {
        if (!GoValues.TryInteger(text, out var port) || port is < 1 or > ushort.MaxValue)
        {
            return false;
        }

        draft.SyslogPort = port;
        return true;
    }

    private static bool TakeLogFormat(ConfigurationDraft draft, string text)
    {
        if (text.Length > 0)
        {
            draft.Log(l => l with { Format = Template.Parse(text) });
        }

        return true;
    }
}
