using System.Collections.Immutable;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Model.Text;

namespace Portico.Ingress.Configuration;

/// <summary>The configuration while its keys are read, one after the other. Starts with the defaults.</summary>
internal sealed class ConfigurationDraft
{
    public required string ClusterDomain { get; init; }

    public RouteDefaults Routes { get; set; } = new();

    public AnnotationPolicy Policy { get; set; } = new();

    public GlobalSettings Settings { get; set; } = new();

    public RetryPolicy Retry { get; set; } = RetryPolicy.Default;

    public bool Hsts { get; set; } = true;

    public HstsSettings HstsSettings { get; set; } = new();

    public bool UseGzip { get; set; }

    public ContentCodingSettings Gzip { get; set; } = new() { Level = 1, MinLength = 256, Types = ConfigKeys.UsualTypes };

    public string GzipDisable { get; set; } = "";

    public bool EnableBrotli { get; set; }

    public ContentCodingSettings Brotli { get; set; } = new() { Level = 4, MinLength = 20, Types = [.. ConfigKeys.UsualTypes, "application/xml+rss"] };

    public bool DisableAccessLog { get; set; }

    public bool DisableHttpAccessLog { get; set; }

    public string AccessLogPath { get; set; } = "";

    public string HttpAccessLogPath { get; set; } = "";

    public bool DisableStreamAccessLog { get; set; }

    public string StreamAccessLogPath { get; set; } = "";

    public bool EnableSyslog { get; set; }

    public string SyslogHost { get; set; } = "";

    public int SyslogPort { get; set; } = 514;

    public bool EscapeJson { get; set; }

    public bool EscapeNone { get; set; }

    /// <summary><c>namespace/name</c> of the ConfigMaps with headers.</summary>
    public string AddHeaders { get; set; } = "";

    public string ProxySetHeaders { get; set; } = "";

    /// <summary><c>namespace/name</c> of the Secret with <c>dhparam.pem</c>.</summary>
    public string DhParameters { get; set; } = "";

    public GlobalAuthSettings GlobalAuth { get; set; } = new();

    /// <summary>Problems that leave part of a value in use: key and text.</summary>
    public List<(string Key, string Message)> Partial { get; } = [];

    public void Client(Func<ClientLimits, ClientLimits> change) => Settings = Settings with { Client = change(Settings.Client) };

    public void Forwarded(Func<ForwardedHeadersSettings, ForwardedHeadersSettings> change) =>
        Settings = Settings with { Forwarded = change(Settings.Forwarded) };

    public void Pool(Func<UpstreamPoolSettings, UpstreamPoolSettings> change) => Settings = Settings with { UpstreamPool = change(Settings.UpstreamPool) };

    /// <summary>Whether HTTP/2 is spoken is told in the handshake, and looked at where there is none.</summary>
    public void Http2(bool on)
    {
        Client(c => c with { Http2 = on });
        Tls(t => t with { Http2 = on });
    }

    public void Tls(Func<TlsSettings, TlsSettings> change) => Settings = Settings with { Tls = change(Settings.Tls) };

    public void Limits(Func<LimitSettings, LimitSettings> change) => Settings = Settings with { Limits = change(Settings.Limits) };

    public void Log(Func<AccessLogSettings, AccessLogSettings> change) => Settings = Settings with { AccessLog = change(Settings.AccessLog) };

    public void ErrorLog(Func<ErrorLogSettings, ErrorLogSettings> change) => Settings = Settings with { ErrorLog = change(Settings.ErrorLog) };

    public void Streams(Func<StreamSettings, StreamSettings> change) => Settings = Settings with { Streams = change(Settings.Streams) };

    public void Upstream(Func<UpstreamPolicy, UpstreamPolicy> change) => Routes = Routes with { Upstream = change(Routes.Upstream) };

    public void ResponseBuffering(Func<ResponseBufferingPolicy, ResponseBufferingPolicy> change) =>
        Upstream(u => u with { ResponseBuffering = change(u.ResponseBuffering) });

    public void ResponseRewrites(Func<ResponseRewriteDefaults, ResponseRewriteDefaults> change) =>
        Routes = Routes with { ResponseRewrites = change(Routes.ResponseRewrites) };

    /// <summary>Puts together what several keys decide.</summary>
    public GlobalConfiguration Finish(ImmutableArray<HeaderTemplate> addHeaders, ImmutableArray<HeaderTemplate> proxySetHeaders)
    {
        Routes = Routes with { GlobalAuth = GlobalAuth.Url.Length > 0 ? GlobalAuth : null };
        var retryOn = Retry.On;
        if (Routes.RetryNonIdempotent && retryOn != RetryOn.Off)
        {
            retryOn |= RetryOn.NonIdempotent;
        }

        Upstream(u => u with { Retry = Retry with { On = retryOn } });
        Log(l => l with
        {
            Enabled = !DisableAccessLog && !DisableHttpAccessLog,
            Path = HttpAccessLogPath.Length > 0 ? HttpAccessLogPath : AccessLogPath,
            Escape = EscapeNone ? LogEscape.None : EscapeJson ? LogEscape.Json : LogEscape.Default,
        });
        Streams(s => s with
        {
            Log = s.Log with
            {
                Enabled = !DisableAccessLog && !DisableStreamAccessLog,
                Path = StreamAccessLogPath.Length > 0 ? StreamAccessLogPath : AccessLogPath,
            },
        });
        Settings = Settings with
        {
            Compression = new CompressionSettings
            {
                Gzip = UseGzip ? Gzip : null,
                Brotli = EnableBrotli ? Brotli : null,
                GzipDisabledAgents = GzipDisable,
            },
            Syslog = EnableSyslog && SyslogHost.Length > 0 ? new SyslogSettings(SyslogHost, SyslogPort) : null,
            Hsts = Hsts ? HstsSettings : null,
            ResponseHeaders = addHeaders,
            RequestHeaders = proxySetHeaders,
        };
        return new GlobalConfiguration(Settings, Routes, Policy);
    }
}
