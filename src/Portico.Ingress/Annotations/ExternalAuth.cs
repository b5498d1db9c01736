using System.Collections.Immutable;
using Portico.Ingress.Configuration;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Model.Text;

namespace Portico.Ingress.Annotations;

/// <summary>Authentication by an outside service.</summary>
internal static class ExternalAuth
{
    public static readonly AnnotationDeclaration AuthUrl = new(
        "nginx.ingress.kubernetes.io/auth-url", AnnotationRisk.High, ValueRule.UrlWithVariables, InvalidValue.DropsIngress, "none",
        "Asks this service about every request.")
    { ConfigKey = "global-auth-url" };

    public static readonly AnnotationDeclaration AuthMethod = new(
        "nginx.ingress.kubernetes.io/auth-method", AnnotationRisk.Low, ValueRule.OneOf("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"), InvalidValue.ClosesLocation, "GET",
        "The method of the question.")
    { ReadWith = AuthUrl, ConfigKey = "global-auth-method" };

    public static readonly AnnotationDeclaration AuthSignin = new(
        "nginx.ingress.kubernetes.io/auth-signin", AnnotationRisk.High, ValueRule.UrlWithVariables, InvalidValue.UsesDefault, "none",
        "Where a client that is not signed in is sent.")
    { ReadWith = AuthUrl, ConfigKey = "global-auth-signin" };

    public static readonly AnnotationDeclaration AuthSigninRedirectParam = new(
        "nginx.ingress.kubernetes.io/auth-signin-redirect-param", AnnotationRisk.Medium, ValueRule.Url, InvalidValue.UsesDefault, "rd",
        "The query parameter that carries the way back.")
    { ReadWith = AuthUrl, ConfigKey = "global-auth-signin-redirect-param" };

    public static readonly AnnotationDeclaration AuthCacheKey = new(
        "nginx.ingress.kubernetes.io/auth-cache-key", AnnotationRisk.Medium, ValueRule.NginxVariable, InvalidValue.UsesDefault, "none",
        "The key under which answers are kept.")
    { ReadWith = AuthUrl, ConfigKey = "global-auth-cache-key" };

    public static readonly AnnotationDeclaration AuthCacheDuration = new(
        "nginx.ingress.kubernetes.io/auth-cache-duration", AnnotationRisk.Medium, ValueRule.Extended, InvalidValue.ClosesLocation, "200 202 401 5m",
        "How long answers are kept.")
    { ReadWith = AuthUrl, ConfigKey = "global-auth-cache-duration" };

    public static readonly AnnotationDeclaration AuthKeepalive = new(
        "nginx.ingress.kubernetes.io/auth-keepalive", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "0",
        "Idle connections kept to the service.")
    { ReadWith = AuthUrl };

    public static readonly AnnotationDeclaration AuthKeepaliveShareVars = new(
        "nginx.ingress.kubernetes.io/auth-keepalive-share-vars", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "Shares variables with the question.")
    { ReadWith = AuthUrl };

    public static readonly AnnotationDeclaration AuthKeepaliveRequests = new(
        "nginx.ingress.kubernetes.io/auth-keepalive-requests", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "1000",
        "Questions on one connection.")
    { ReadWith = AuthUrl };

    public static readonly AnnotationDeclaration AuthKeepaliveTimeout = new(
        "nginx.ingress.kubernetes.io/auth-keepalive-timeout", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "60",
        "Seconds an idle connection is kept.")
    { ReadWith = AuthUrl };

    public static readonly AnnotationDeclaration AuthResponseHeaders = new(
        "nginx.ingress.kubernetes.io/auth-response-headers", AnnotationRisk.Medium, ValueRule.HeaderNames, InvalidValue.ClosesLocation, "none",
        "Headers of the answer that the backend gets.")
    { ReadWith = AuthUrl, ConfigKey = "global-auth-response-headers" };

    public static readonly AnnotationDeclaration AuthProxySetHeaders = new(
        "nginx.ingress.kubernetes.io/auth-proxy-set-headers", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.UsesDefault, "none",
        "namespace/name of a ConfigMap with headers for the question.")
    { Names = ResourceKind.ConfigMap, ReadWith = AuthUrl };

    public static readonly AnnotationDeclaration AuthRequestRedirect = new(
        "nginx.ingress.kubernetes.io/auth-request-redirect", AnnotationRisk.Medium, ValueRule.Url, InvalidValue.ClosesLocation, "the request URI",
        "The value of X-Auth-Request-Redirect.")
    { ReadWith = AuthUrl, ConfigKey = "global-auth-request-redirect" };

    public static readonly AnnotationDeclaration AuthAlwaysSetCookie = new(
        "nginx.ingress.kubernetes.io/auth-always-set-cookie", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.ClosesLocation, "false",
        "Passes cookies of the service with every status.")
    { ReadWith = AuthUrl, ConfigKey = "global-auth-always-set-cookie" };

    public static readonly AnnotationDeclaration EnableGlobalAuth = new(
        "nginx.ingress.kubernetes.io/enable-global-auth", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "true",
        "Whether the ConfigMap key global-auth-url holds for this Ingress.");

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        AuthUrl, AuthMethod, AuthSignin, AuthSigninRedirectParam, AuthCacheKey, AuthCacheDuration, AuthKeepalive,
        AuthKeepaliveShareVars, AuthKeepaliveRequests, AuthKeepaliveTimeout, AuthResponseHeaders, AuthProxySetHeaders,
        AuthRequestRedirect, AuthAlwaysSetCookie, EnableGlobalAuth,
    ];

    /// <summary>The ConfigMap with headers of the question, to look at again when it changes.</summary>
    public static NamespacedName? HeadersReference(AnnotationValues values) =>
        values.Has(AuthUrl) && values.Text(AuthProxySetHeaders) is { } text
        && NamespacedName.TryParse(ValueRule.WithoutBlanks(text), out var name) ? name : null;

    /// <summary>The annotations' policy, else that of the ConfigMap, else null. What cannot be honoured closes the paths.</summary>
    public static ExternalAuthPolicy? Read(AnnotationValues values, SettingsSources sources, IResourceView view)
    {
        if (values.Text(AuthSnippet.Snippet) is not null && !sources.Policy.AllowSnippets)
        {
            Snippets.ReportNotAllowed(values, AuthSnippet.Snippet);
        }

        if (values.Text(AuthUrl) is { } url)
        {
            return ReadOwn(values, url, sources, view);
        }

        return values.Boolean(EnableGlobalAuth) != false && sources.Routes.GlobalAuth is { } global ? ReadGlobal(values, global, sources.ClusterDomain) : null;
    }

    /// <summary>Whether a text is a URL with a scheme and a host, as the sign-in page of the ConfigMap must be.</summary>
    public static bool IsSigninUrl(string text)
    {
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        return scheme > 0 && scheme + 3 < text.Length && text[scheme + 3] is not ('/' or '?') && !text.Contains("..", StringComparison.Ordinal)
            && !text.AsSpan().ContainsAnyInRange('\0', ' ');
    }

    private static ExternalAuthPolicy? ReadOwn(AnnotationValues values, string url, SettingsSources sources, IResourceView view)
    {
        if (!SubrequestUrl.TryParse(url, sources.ClusterDomain, out var target, out var problem))
        {
            return Close(values, AuthUrl, problem);
        }

        var durationText = values.Text(AuthCacheDuration) ?? AuthCacheDurations.Usual;
        if (!AuthCacheDurations.TryParse(durationText, out var durations))
        {
            return Close(values, AuthCacheDuration, $"'{durationText}' is no list of statuses and times");
        }

        var responseHeaders = Names(values.Text(AuthResponseHeaders));
        if (responseHeaders.FirstOrDefault(name => !HeaderText.IsName(name)) is { } odd)
        {
            return Close(values, AuthResponseHeaders, $"'{odd}' is no header name");
        }

        if (!TryReadHeaders(values, sources, view, out var requestHeaders) || !TryReadSnippet(values, sources.Policy, out var snippetHeaders))
        {
            return null;
        }

        return new ExternalAuthPolicy
        {
            Target = target,
            Method = values.Text(AuthMethod),
            Signin = SigninTemplate(values.Text(AuthSignin), values.Text(AuthSigninRedirectParam)),
            ResponseHeaders = responseHeaders,
            RequestHeaders = [.. requestHeaders, .. snippetHeaders],
            RequestRedirect = values.Text(AuthRequestRedirect) is { } redirect ? Template.Parse(redirect) : null,
            AlwaysSetCookie = values.Boolean(AuthAlwaysSetCookie) == true,
            Cache = values.Text(AuthCacheKey) is { } key ? new AuthCachePolicy(Template.Parse(key), durations) : null,
            KeepAlive = ReadKeepAlive(values),
        };
    }

    private static ExternalAuthPolicy? ReadGlobal(AnnotationValues values, GlobalAuthSettings global, string clusterDomain)
    {
        if (!SubrequestUrl.TryParse(global.Url, clusterDomain, out var target, out _))
        {
            return null;
        }

        if (!AuthSnippet.TryRead(global.Snippet, out var headers, out var problem))
        {
            values.Close(EnableGlobalAuth, AccessGuard.Location, $"key global-auth-snippet: {problem}");
            return null;
        }

        // Without the key nothing is kept on our own account: then only what the service itself allows is.
        if (global.CacheDuration.Length == 0 || !AuthCacheDurations.TryParse(global.CacheDuration, out var durations))
        {
            durations = [];
        }

        return new ExternalAuthPolicy
        {
            Target = target,
            Method = global.Method.Length > 0 ? global.Method : null,
            Signin = SigninTemplate(global.Signin, global.SigninRedirectParam),
            ResponseHeaders = Names(global.ResponseHeaders),
            RequestHeaders = headers,
            RequestRedirect = global.RequestRedirect.Length > 0 ? Template.Parse(global.RequestRedirect) : null,
            AlwaysSetCookie = global.AlwaysSetCookie,
            Cache = global.CacheKey.Length > 0 ? new AuthCachePolicy(Template.Parse(global.CacheKey), durations) : null,
        };
    }

    /// <summary>The way back is added unless the page's own query has a parameter of that name. Its two first parts are not escaped.</summary>
    private static Template? SigninTemplate(string? text, string? parameter)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        var url = ValueRule.WithoutBlanks(text);
        var name = string.IsNullOrEmpty(parameter) ? "rd" : ValueRule.WithoutBlanks(parameter);
        var mark = url.IndexOf('?', StringComparison.Ordinal);
        var query = mark < 0 ? [] : url[(mark + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries);
        if (query.Any(p => p.Length > name.Length + 1 && p.StartsWith(name + "=", StringComparison.Ordinal)))
        {
            return Template.Parse(url);
        }

        return Template.Parse($"{url}{(query.Length == 0 ? '?' : '&')}{name}=$pass_access_scheme://$http_host$escaped_request_uri");
    }

    private static ImmutableArray<string> Names(string? text) =>
        [.. (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.OrdinalIgnoreCase)];

    private static AuthKeepAlivePolicy? ReadKeepAlive(AnnotationValues values)
    {
        var connections = values.Integer(AuthKeepalive) ?? 0;
        var requests = values.Integer(AuthKeepaliveRequests) ?? 1000;
        var seconds = values.Integer(AuthKeepaliveTimeout) ?? 60;
        return connections > 0 && requests > 0 && seconds > 0 ? new AuthKeepAlivePolicy(connections, requests, TimeSpan.FromSeconds(seconds)) : null;
    }

    private static bool TryReadSnippet(AnnotationValues values, AnnotationPolicy policy, out ImmutableArray<HeaderTemplate> headers)
    {
        headers = [];
        if (values.Text(AuthSnippet.Snippet) is not { } text || !policy.AllowSnippets || AuthSnippet.TryRead(text, out headers, out var problem))
        {
            return true;
        }

        Close(values, AuthSnippet.Snippet, problem);
        return false;
    }

    private static bool TryReadHeaders(AnnotationValues values, SettingsSources sources, IResourceView view, out ImmutableArray<HeaderTemplate> headers)
    {
        headers = [];
        if (values.Text(AuthProxySetHeaders) is not { } text)
        {
            return true;
        }

        if (HeadersReference(values) is not { } name || view.Find<ConfigMap>(name.Namespace, name.Name) is not { } map)
        {
            Close(values, AuthProxySetHeaders, $"there is no ConfigMap '{text}'");
            return false;
        }

        if (name.Namespace != sources.Namespace && !sources.Policy.AllowCrossNamespaceResources)
        {
            Close(values, AuthProxySetHeaders, $"the ConfigMap {name} belongs to another namespace, and allow-cross-namespace-resources is off");
            return false;
        }

        foreach (var (header, value) in map.Data.OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            if (!HeaderText.IsName(header) || value.Trim().Any(char.IsControl))
            {
                Close(values, AuthProxySetHeaders, $"the entry '{header}' of the ConfigMap {name} is no header");
                return false;
            }

            headers = headers.Add(new HeaderTemplate(header, Template.Parse(value.Trim())));
        }

        return true;
    }

    private static ExternalAuthPolicy? Close(AnnotationValues values, AnnotationDeclaration declaration, string problem)
    {
        values.Close(declaration, AccessGuard.Location, $"annotation {values.NameOf(declaration)}: {problem}");
        return null;
    }
}
