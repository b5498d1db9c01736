using System.Text.Json;
using Portico.Model;

namespace Portico.Admin.Pages;

/// <summary>The settings of the installation on the configuration page.</summary>
internal static class SettingsJson
{
    public static void Write(Utf8JsonWriter json, GlobalSettings settings)
    {
        json.WriteStartObject("settings");
        Write(json, settings.Client);
        Write(json, settings.Forwarded);
        Write(json, settings.UpstreamPool);
        Write(json, settings.Streams);
        Write(json, settings.Tls);
        Write(json, settings.AccessLog);
        Write(json, settings.ErrorLog);
        Write(json, settings.Syslog);
        json.WriteStrings("bindAddresses", settings.BindAddresses);
        json.WriteBoolean("disableIPv6", settings.DisableIPv6);
        json.WriteBoolean("disableIPv6Dns", settings.DisableIPv6Dns);
        json.WriteString("defaultType", settings.DefaultType);
        Write(json, settings.Compression);
        Write(json, settings.Hsts);
        json.WriteHeaders("requestHeaders", settings.RequestHeaders);
        json.WriteHeaders("responseHeaders", settings.ResponseHeaders);
        json.WriteStrings("hiddenResponseHeaders", settings.HiddenResponseHeaders);
        json.WriteStrings("blockedClients", settings.BlockedClients);
        json.WriteStrings("blockedUserAgents", settings.BlockedUserAgents);
        json.WriteStrings("blockedReferers", settings.BlockedReferers);
        json.WriteStartObject("limits");
        json.WriteNumber("rateStatus", settings.Limits.RateStatus);
        json.WriteNumber("connectionStatus", settings.Limits.ConnectionStatus);
        json.WriteTemplate("key", settings.Limits.Key);
        json.WriteEndObject();
        json.WriteBoolean("serverTokens", settings.ServerTokens);
        json.WriteBoolean("passBackendServerHeader", settings.PassBackendServerHeader);
        json.WriteBoolean("generateRequestId", settings.GenerateRequestId);
        json.WriteBoolean("addOriginalUriHeader", settings.AddOriginalUriHeader);
        if (settings.DefaultBackend is { } backend)
        {
            BackendJson.WriteId(json, "defaultBackend", backend);
        }

        json.WriteSeconds("shutdownTimeoutSeconds", settings.ShutdownTimeout);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ClientLimits limits)
    {
        json.WriteStartObject("client");
        json.WriteNumber("headerBufferBytes", limits.HeaderBufferBytes);
        json.WriteNumber("headerBufferCount", limits.HeaderBufferCount);
        json.WriteSeconds("headerTimeoutSeconds", limits.HeaderTimeout);
        json.WriteSeconds("bodyTimeoutSeconds", limits.BodyTimeout);
        json.WriteSeconds("sendTimeoutSeconds", limits.SendTimeout);
        json.WriteSeconds("keepAliveTimeoutSeconds", limits.KeepAliveTimeout);
        json.WriteNumber("keepAliveRequests", limits.KeepAliveRequests);
        json.WriteBoolean("http2", limits.Http2);
        json.WriteNumber("http2MaxConcurrentStreams", limits.Http2MaxConcurrentStreams);
        json.WriteBoolean("underscoresInHeaders", limits.UnderscoresInHeaders);
        json.WriteBoolean("ignoreInvalidHeaders", limits.IgnoreInvalidHeaders);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ForwardedHeadersSettings forwarded)
    {
        json.WriteStartObject("forwarded");
        json.WriteBoolean("useForwardedHeaders", forwarded.UseForwardedHeaders);
        json.WriteBoolean("enableRealIp", forwarded.EnableRealIp);
        json.WriteBoolean("computeFullForwardedFor", forwarded.ComputeFullForwardedFor);
        json.WriteBoolean("useProxyProtocol", forwarded.UseProxyProtocol);
        json.WriteSeconds("proxyHeaderTimeoutSeconds", forwarded.ProxyHeaderTimeout);
        json.WriteString("forHeader", forwarded.ForHeader);
        json.WriteString("hostHeader", forwarded.HostHeader);
        json.WriteStrings("trustedProxies", forwarded.TrustedProxies);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, UpstreamPoolSettings pool)
    {
        json.WriteStartObject("upstreamPool");
        json.WriteNumber("connections", pool.Connections);
        json.WriteSeconds("lifetimeSeconds", pool.Lifetime);
        json.WriteSeconds("idleTimeoutSeconds", pool.IdleTimeout);
        json.WriteNumber("requests", pool.Requests);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, StreamSettings streams)
    {
        json.WriteStartObject("streams");
        json.WriteSeconds("connectTimeoutSeconds", streams.ConnectTimeout);
        json.WriteSeconds("idleTimeoutSeconds", streams.IdleTimeout);
        json.WriteBoolean("nextUpstream", streams.NextUpstream);
        json.WriteSeconds("nextUpstreamTimeoutSeconds", streams.NextUpstreamTimeout);
        json.WriteNumber("nextUpstreamTries", streams.NextUpstreamTries);
        json.WriteNumber("responses", streams.Responses);
        json.WriteStartObject("log");
        json.WriteBoolean("enabled", streams.Log.Enabled);
        json.WriteString("path", streams.Log.Path);
        json.WriteString("format", streams.Log.Format.Source);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, TlsSettings tls)
    {
        json.WriteStartObject("tls");
        json.WriteBoolean("http2", tls.Http2);
        json.WriteBoolean("tls12", tls.Tls12);
        json.WriteBoolean("tls13", tls.Tls13);
        json.WriteString("ciphers", tls.Ciphers);
        json.WriteString("ecdhCurve", tls.EcdhCurve);
        json.WriteBoolean("sessionCache", tls.SessionCache);
        json.WriteSeconds("sessionTimeoutSeconds", tls.SessionTimeout);
        json.WriteNumber("sessionCacheEntries", tls.SessionCacheEntries);
        json.WriteBoolean("sessionTickets", tls.SessionTickets);

        // How many, never which.
        json.WriteNumber("ticketKeysCount", tls.TicketKeys.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
        json.WriteBoolean("dhParametersPemGiven", tls.DhParametersPem.Length > 0);
        json.WriteBoolean("rejectUnknownNames", tls.RejectUnknownNames);
        json.WriteBoolean("ocspStapling", tls.OcspStapling);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, AccessLogSettings log)
    {
        json.WriteStartObject("accessLog");
        json.WriteBoolean("enabled", log.Enabled);
        json.WriteTemplate("format", log.Format);
        json.WriteString("escape", JsonValues.NameOf(log.Escape));
        json.WriteBoolean("logDefaultBackend", log.LogDefaultBackend);
        json.WriteBoolean("logAuthQuestions", log.LogAuthQuestions);
        json.WriteStrings("skipTargets", log.SkipTargets);
        json.WriteString("path", log.Path);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ErrorLogSettings log)
    {
        json.WriteStartObject("errorLog");
        json.WriteString("path", log.Path);
        json.WriteString("level", log.Level);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SyslogSettings? syslog)
    {
        if (syslog is null)
        {
            json.WriteNull("syslog");
            return;
        }

        json.WriteStartObject("syslog");
        json.WriteString("host", syslog.Host);
        json.WriteNumber("port", syslog.Port);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, CompressionSettings compression)
    {
        json.WriteStartObject("compression");
        Write(json, "gzip", compression.Gzip);
        Write(json, "brotli", compression.Brotli);
        json.WriteString("gzipDisabledAgents", compression.GzipDisabledAgents);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, ContentCodingSettings? coding)
    {
        if (coding is null)
        {
            return;
        }

        json.WriteStartObject(name);
        json.WriteNumber("level", coding.Level);
        json.WriteNumber("minLength", coding.MinLength);
        json.WriteStrings("types", coding.Types);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, HstsSettings? hsts)
    {
        if (hsts is null)
        {
            return;
        }

        json.WriteStartObject("hsts");
        json.WriteString("maxAge", hsts.MaxAge);
        json.WriteBoolean("includeSubdomains", hsts.IncludeSubdomains);
        json.WriteBoolean("preload", hsts.Preload);
        json.WriteEndObject();
    }
}
