using System.Text.Json;
using Portico.Model;
using Portico.Model.Policies;

namespace Portico.Admin.Pages;

/// <summary>Limits and authentication of a route on the configuration page. Hashes of passwords and queries of URLs stay inside.</summary>
internal static class AccessJson
{
    public static void Write(Utf8JsonWriter json, Route route)
    {
        Write(json, route.Limits);
        Write(json, route.BasicAuth);
        Write(json, route.ExternalAuth);
        if (route.SatisfyAny)
        {
            json.WriteBoolean("satisfyAny", true);
        }
    }

    private static void Write(Utf8JsonWriter json, LimitPolicy? limits)
    {
        if (limits is null)
        {
            return;
        }

        json.WriteStartObject("limits");
        json.WriteString("zone", limits.Zone);
        json.WriteNumber("requestsPerSecond", limits.RequestsPerSecond);
        json.WriteNumber("requestsPerMinute", limits.RequestsPerMinute);
        json.WriteNumber("burstMultiplier", limits.BurstMultiplier);
        json.WriteNumber("connections", limits.Connections);
        json.WriteStrings("exempt", limits.Exempt);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, BasicAuthPolicy? auth)
    {
        if (auth is null)
        {
            return;
        }

        json.WriteStartObject("basicAuth");
        json.WriteString("realm", auth.Realm);
        json.WriteBoolean("digest", auth.Digest);
        json.WriteStartArray("users");
        foreach (var user in auth.Users)
        {
            json.WriteStartObject();
            json.WriteString("user", user.User);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ExternalAuthPolicy? auth)
    {
        if (auth is null)
        {
            return;
        }

        json.WriteStartObject("externalAuth");
        Write(json, auth.Target);
        json.WriteString("method", auth.Method);
        json.WriteTemplate("signin", auth.Signin);
        json.WriteString("signinRedirectParameter", auth.SigninRedirectParameter);
        json.WriteStrings("responseHeaders", auth.ResponseHeaders);
        json.WriteHeaders("requestHeaders", auth.RequestHeaders);
        json.WriteTemplate("requestRedirect", auth.RequestRedirect);
        json.WriteBoolean("alwaysSetCookie", auth.AlwaysSetCookie);
        Write(json, auth.Cache);
        Write(json, auth.KeepAlive);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SubrequestTarget target)
    {
        json.WriteStartObject("target");
        BackendJson.WriteId(json, "backend", target.Backend);
        json.WriteBoolean("tls", target.Tls);
        json.WriteString("host", target.Host);
        // A query of a fixed URL is where credentials stand.
        json.WriteString("path", target.Path.Source.Split('?')[0]);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, AuthCachePolicy? cache)
    {
        if (cache is null)
        {
            return;
        }

        json.WriteStartObject("cache");
        json.WriteTemplate("key", cache.Key);
        json.WriteStartArray("durations");
        foreach (var duration in cache.Durations)
        {
            json.WriteStartObject();
            json.WriteNumber("status", duration.Status);
            json.WriteSeconds("time", duration.Time);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, AuthKeepAlivePolicy? keepAlive)
    {
        if (keepAlive is null)
        {
            return;
        }

        json.WriteStartObject("keepAlive");
        json.WriteNumber("connections", keepAlive.Connections);
        json.WriteNumber("requests", keepAlive.Requests);
        json.WriteSeconds("idleTimeoutSeconds", keepAlive.IdleTimeout);
        json.WriteEndObject();
    }
}
