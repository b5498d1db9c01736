using System.Text.Json;
using Portico.Model;
using Portico.Model.Policies;

namespace Portico.Admin.Pages;

/// <summary>The policies of a route on the configuration page. One that is null is left out.</summary>
internal static class PolicyJson
{
    public static void Write(Utf8JsonWriter json, Route route)
    {
        if (route.Denial is { } denial)
        {
            json.WriteStartObject("denial");
            json.WriteString("cause", denial.Cause);
            json.WriteEndObject();
        }

        Write(json, route.Cors);
        if (route.Redirect is { } redirect)
        {
            Write(json, "redirect", redirect);
        }

        Write(json, route.HttpsRedirect);
        Write(json, route.SourceRanges);
        AccessJson.Write(json, route);
        Write(json, route.Rewrite);
        Write(json, route.SessionCookie);
        Write(json, route.Mirror);
        if (route.ResponseHeaders is { } headers)
        {
            json.WriteStartObject("responseHeaders");
            json.WriteHeaders("set", headers.Set);
            json.WriteEndObject();
        }

        Write(json, route.ResponseRewrite);
        if (route.ErrorPages is { } pages)
        {
            json.WriteStartObject("errorPages");
            json.WriteNumbers("statuses", pages.Statuses.Statuses);
            json.WriteBoolean("interceptsBackend", pages.InterceptsBackend);
            json.WriteEndObject();
        }

        if (route.Substitute is { } substitute)
        {
            BackendJson.WriteId(json, "substitute", substitute);
        }

        Write(json, route.Upstream);
    }

    public static void Write(Utf8JsonWriter json, string name, RedirectPolicy redirect)
    {
        json.WriteStartObject(name);
        json.WriteNumber("status", redirect.Status);
        json.WriteTemplate("location", redirect.Location);
        json.WriteBoolean("relative", redirect.Relative);
        json.WriteBoolean("withPort", redirect.WithPort);
        json.WriteBoolean("keepQuery", redirect.KeepQuery);
        json.WriteBoolean("cutTrailingSlash", redirect.CutTrailingSlash);
        json.WriteString("host", JsonValues.NameOf(redirect.Host));
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, ClientCertificatePolicy? certificates)
    {
        if (certificates is null)
        {
            return;
        }

        json.WriteStartObject("clientCertificates");
        json.WriteString("secret", certificates.Name);
        json.WriteString("mode", JsonValues.NameOf(certificates.Mode));
        json.WriteNumber("depth", certificates.Depth);
        json.WriteBoolean("revocationLists", !certificates.RevocationPem.IsEmpty);
        json.WriteString("errorPage", certificates.ErrorPage);
        json.WriteBoolean("passCertificate", certificates.PassCertificate);
        json.WriteString("subjectPattern", certificates.SubjectPattern);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, CorsPolicy? cors)
    {
        if (cors is null)
        {
            return;
        }

        json.WriteStartObject("cors");
        json.WriteStrings("allowOrigins", cors.AllowOrigins);
        json.WriteString("allowMethods", cors.AllowMethods);
        json.WriteString("allowHeaders", cors.AllowHeaders);
        json.WriteString("exposeHeaders", cors.ExposeHeaders);
        json.WriteBoolean("allowCredentials", cors.AllowCredentials);
        json.WriteNumber("maxAgeSeconds", cors.MaxAgeSeconds);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, HttpsRedirectPolicy? redirect)
    {
        if (redirect is null)
        {
            return;
        }

        json.WriteStartObject("httpsRedirect");
        json.WriteBoolean("always", redirect.Always);
        json.WriteNumber("status", redirect.Status);
        json.WriteBoolean("preserveTrailingSlash", redirect.PreserveTrailingSlash);
        if (redirect.Port is { } port)
        {
            json.WriteNumber("port", port);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SourceRangePolicy? ranges)
    {
        if (ranges is null)
        {
            return;
        }

        json.WriteStartObject("sourceRanges");
        json.WriteStrings("deny", ranges.Deny);
        json.WriteStrings("allow", ranges.Allow);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, RewritePolicy? rewrite)
    {
        if (rewrite is null)
        {
            return;
        }

        json.WriteStartObject("rewrite");
        json.WriteString("pattern", rewrite.Pattern);
        json.WriteTemplate("target", rewrite.Target);
        json.WriteTemplate("forwardedPrefix", rewrite.ForwardedPrefix);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ResponseRewritePolicy? rewrite)
    {
        if (rewrite is null)
        {
            return;
        }

        json.WriteStartObject("responseRewrite");
        Write(json, "redirect", rewrite.Redirect);
        Write(json, "cookieDomain", rewrite.CookieDomain);
        Write(json, "cookiePath", rewrite.CookiePath);
        json.WriteBoolean("relative", rewrite.Relative);
        json.WriteBoolean("withPort", rewrite.WithPort);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, TextReplacement? replacement)
    {
        if (replacement is not null)
        {
            json.WriteStartObject(name);
            json.WriteString("from", replacement.From);
            json.WriteString("to", replacement.To);
            json.WriteEndObject();
        }
    }

    private static void Write(Utf8JsonWriter json, MirrorPolicy? mirror)
    {
        if (mirror is null)
        {
            return;
        }

        json.WriteStartObject("mirror");
        json.WriteStartObject("target");
        BackendJson.WriteId(json, "backend", mirror.Target.Backend);
        json.WriteBoolean("tls", mirror.Target.Tls);
        json.WriteString("host", mirror.Target.Host);
        json.WriteTemplate("path", mirror.Target.Path);
        json.WriteEndObject();
        json.WriteString("host", mirror.Host);
        json.WriteBoolean("withBody", mirror.WithBody);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SessionCookiePolicy? cookie)
    {
        if (cookie is null)
        {
            return;
        }

        json.WriteStartObject("sessionCookie");
        json.WriteString("path", cookie.Path);
        json.WriteString("domain", cookie.Domain);
        json.WriteString("sameSite", cookie.SameSite);
        json.WriteBoolean("conditionalSameSiteNone", cookie.ConditionalSameSiteNone);
        json.WriteBoolean("alwaysSecure", cookie.AlwaysSecure);
        if (cookie.Expires is { } expires)
        {
            json.WriteNumber("expiresSeconds", expires);
        }

        if (cookie.MaxAge is { } maxAge)
        {
            json.WriteNumber("maxAgeSeconds", maxAge);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, UpstreamPolicy upstream)
    {
        json.WriteStartObject("upstream");
        json.WriteString("sendProxyProtocol", JsonValues.NameOf(upstream.SendProxyProtocol));
        json.WriteBoolean("grpcWeb", upstream.GrpcWeb);
        if (upstream.Protocol is { } protocol)
        {
            json.WriteString("protocol", JsonValues.NameOf(protocol));
        }

        if (upstream.FastCgi is { } fastCgi)
        {
            json.WriteStartObject("fastCgi");
            json.WriteString("index", fastCgi.Index);
            json.WriteHeaders("parameters", fastCgi.Parameters);
            json.WriteEndObject();
        }

        json.WriteSeconds("connectTimeoutSeconds", upstream.ConnectTimeout);
        json.WriteSeconds("sendTimeoutSeconds", upstream.SendTimeout);
        json.WriteSeconds("readTimeoutSeconds", upstream.ReadTimeout);
        json.WriteStartObject("retry");
        WriteRetryOn(json, upstream.Retry.On);
        json.WriteNumber("tries", upstream.Retry.Tries);
        json.WriteSeconds("timeoutSeconds", upstream.Retry.Timeout);
        json.WriteEndObject();
        json.WriteNumber("headBufferBytes", upstream.HeadBufferBytes);
        json.WriteNumber("http2HeadBufferBytes", upstream.Http2HeadBufferBytes);
        json.WriteStartObject("responseBuffering");
        json.WriteBoolean("enabled", upstream.ResponseBuffering.Enabled);
        json.WriteNumber("buffers", upstream.ResponseBuffering.Buffers);
        json.WriteNumber("maxFileBytes", upstream.ResponseBuffering.MaxFileBytes);
        json.WriteEndObject();
        json.WriteBoolean("requestBuffering", upstream.RequestBuffering);
        json.WriteNumber("bodyBufferBytes", upstream.BodyBufferBytes);
        json.WriteBoolean("http10", upstream.Http10);
        if (upstream.ConnectionHeader is { } connection)
        {
            json.WriteString("connectionHeader", connection);
        }

        if (upstream.Rate is { } rate)
        {
            json.WriteStartObject("rate");
            json.WriteNumber("bytesPerSecond", rate.BytesPerSecond);
            json.WriteNumber("after", rate.After);
            json.WriteEndObject();
        }

        json.WriteTemplate("host", upstream.Host);
        if (upstream.Tls is { } tls)
        {
            json.WriteStartObject("tls");
            json.WriteString("secret", tls.Name);
            json.WriteBoolean("verify", tls.Verify);
            json.WriteNumber("depth", tls.Depth);
            json.WriteString("serverName", tls.ServerName);
            json.WriteBoolean("sendServerName", tls.SendServerName);
            json.WriteBoolean("clientCertificate", !tls.ChainPem.IsEmpty);
            json.WriteBoolean("tls12", tls.Tls12);
            json.WriteBoolean("tls13", tls.Tls13);
            json.WriteString("ciphers", tls.Ciphers);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteRetryOn(Utf8JsonWriter json, RetryOn on)
    {
        json.WriteStartArray("on");
        foreach (var condition in Enum.GetValues<RetryOn>())
        {
            if (condition != RetryOn.Off && on.HasFlag(condition))
            {
                json.WriteStringValue(JsonValues.NameOf(condition));
            }
        }

        json.WriteEndArray();
    }
}
