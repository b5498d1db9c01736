using System.Collections.Immutable;
using System.Text.Json;
using Portico.Model;

namespace Portico.Admin.Pages;

/// <summary>Virtual hosts and routes on the configuration page. What is null or empty is left out.</summary>
internal static class HostJson
{
    public static void Write(Utf8JsonWriter json, VirtualHost host)
    {
        json.WriteStartObject();
        json.WriteString("name", host.Name);
        if (host.Name.StartsWith('*'))
        {
            json.WriteString("wildcardReach", JsonValues.NameOf(host.WildcardReach));
        }

        WriteAliases(json, host.Aliases);
        PolicyJson.Write(json, host.ClientCertificates);
        if (host.Denial is { } denial)
        {
            json.WriteStartObject("denial");
            json.WriteString("cause", denial.Cause);
            json.WriteEndObject();
        }

        if (host.Tls is { } tls)
        {
            json.WriteStartObject("tls");
            json.WriteString("ciphers", tls.Ciphers);
            if (tls.PreferServerCiphers is { } preference)
            {
                json.WriteBoolean("preferServerCiphers", preference);
            }

            json.WriteEndObject();
        }

        json.WriteStartArray("routes");
        foreach (var route in host.Routes)
        {
            Write(json, route);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteAliases(Utf8JsonWriter json, ImmutableArray<HostAlias> aliases)
    {
        if (aliases.IsDefaultOrEmpty)
        {
            return;
        }

        json.WriteStartArray("aliases");
        foreach (var alias in aliases)
        {
            json.WriteStartObject();
            json.WriteString("name", alias.Name);
            json.WriteString("kind", JsonValues.NameOf(alias.Kind));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, Route route)
    {
        json.WriteStartObject();
        Write(json, route.Origin);
        Write(json, route.Match);
        Write(json, route.Action);
        PolicyJson.Write(json, route);
        if (route.MaxBodyBytes is { } limit)
        {
            json.WriteNumber("maxBodyBytes", limit);
        }

        json.WriteBoolean("accessLog", route.AccessLog);
        json.WriteBoolean("metrics", route.Metrics);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, RouteOrigin origin)
    {
        json.WriteStartObject("origin");
        json.WriteString("namespace", origin.Namespace);
        json.WriteString("name", origin.Name);
        json.WriteString("host", origin.Host);
        json.WriteString("path", origin.Path);
        json.WriteString("service", origin.Service);
        json.WriteString("servicePort", origin.ServicePort);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, RouteMatch match)
    {
        json.WriteStartObject("match");
        json.WriteStartObject("path");
        json.WriteString("kind", JsonValues.NameOf(match.Path.Kind));
        json.WriteString("value", match.Path.Value);
        if (match.Path.IgnoreCase)
        {
            json.WriteBoolean("ignoreCase", true);
        }

        json.WriteEndObject();
        if (match.Method is not null)
        {
            json.WriteString("method", match.Method);
        }

        Write(json, "headers", match.Headers);
        Write(json, "queryParameters", match.QueryParameters);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, ImmutableArray<NamedValueMatch> matches)
    {
        if (matches.IsDefaultOrEmpty)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var match in matches)
        {
            json.WriteStartObject();
            json.WriteString("name", match.Name);
            json.WriteString("kind", JsonValues.NameOf(match.Kind));
            json.WriteString("value", match.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, RouteAction action)
    {
        json.WriteStartObject("action");
        switch (action)
        {
            case RouteAction.Forward forward:
                json.WriteStartArray("forward");
                foreach (var (backend, weight) in forward.Backends)
                {
                    json.WriteStartObject();
                    BackendJson.WriteId(json, "backend", backend);
                    json.WriteNumber("weight", weight);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                break;
            case RouteAction.Redirect redirect:
                PolicyJson.Write(json, "redirect", redirect.Policy);
                break;
            case RouteAction.Respond respond:
                json.WriteStartObject("respond");
                json.WriteNumber("status", respond.Status);
                json.WriteString("reason", respond.Reason);
                json.WriteEndObject();
                break;
            case RouteAction.Health:
                json.WriteBoolean("health", true);
                break;
            case RouteAction.ServerStatus:
                json.WriteBoolean("serverStatus", true);
                break;
        }

        json.WriteEndObject();
    }
}
