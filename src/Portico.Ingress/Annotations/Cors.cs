using System.Buffers;
using System.Collections.Immutable;
using Portico.Model.Policies;

namespace Portico.Ingress.Annotations;

/// <summary>Cross-origin answers. Nothing here closes or refuses anything: a bad value means the default.</summary>
internal static class Cors
{
    private static readonly SearchValues<char> HostCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._");

    public static readonly AnnotationDeclaration EnableCors = new(
        "nginx.ingress.kubernetes.io/enable-cors", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "Answers preflight requests and adds the Access-Control headers to every response.")
    { Scope = AnnotationScope.Ingress };

    public static readonly AnnotationDeclaration AllowOrigin = new(
        "nginx.ingress.kubernetes.io/cors-allow-origin", AnnotationRisk.Medium, OriginsRule(), InvalidValue.UsesDefault, "*",
        "The origins that are allowed: scheme://host[:port] joined by commas, *.host for one label, null, or * alone.")
    { Scope = AnnotationScope.Ingress, ReadWith = EnableCors };

    public static readonly AnnotationDeclaration AllowMethods = new(
        "nginx.ingress.kubernetes.io/cors-allow-methods", AnnotationRisk.Medium, MethodsRule(), InvalidValue.UsesDefault,
        "GET, PUT, POST, DELETE, PATCH, OPTIONS", "The value of Access-Control-Allow-Methods.")
    { Scope = AnnotationScope.Ingress, ReadWith = EnableCors };

    public static readonly AnnotationDeclaration AllowHeaders = new(
        "nginx.ingress.kubernetes.io/cors-allow-headers", AnnotationRisk.Medium, ValueRule.HeaderNames, InvalidValue.UsesDefault,
        "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization",
        "The value of Access-Control-Allow-Headers.")
    { Scope = AnnotationScope.Ingress, ReadWith = EnableCors };

    public static readonly AnnotationDeclaration AllowCredentials = new(
        "nginx.ingress.kubernetes.io/cors-allow-credentials", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "true",
        "Whether Access-Control-Allow-Credentials: true is sent.")
    { Scope = AnnotationScope.Ingress, ReadWith = EnableCors };

    public static readonly AnnotationDeclaration ExposeHeaders = new(
        "nginx.ingress.kubernetes.io/cors-expose-headers", AnnotationRisk.Medium, ExposeRule(), InvalidValue.UsesDefault, "none",
        "The value of Access-Control-Expose-Headers.")
    { Scope = AnnotationScope.Ingress, ReadWith = EnableCors };

    public static readonly AnnotationDeclaration MaxAge = new(
        "nginx.ingress.kubernetes.io/cors-max-age", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "1728000",
        "The value of Access-Control-Max-Age, in seconds.")
    { Scope = AnnotationScope.Ingress, ReadWith = EnableCors };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
        [EnableCors, AllowOrigin, AllowMethods, AllowHeaders, AllowCredentials, ExposeHeaders, MaxAge];

    public static CorsPolicy? Read(AnnotationValues values)
    {
        if (values.Boolean(EnableCors) != true)
        {
            return null;
        }

        var origins = ReadOrigins(values);
        if (origins.IsEmpty)
        {
            values.Warn(AllowOrigin, "AnnotationParsingFailed", "no origin is left of the list: CORS stays off");
            return null;
        }

        var usual = new CorsPolicy { AllowOrigins = origins };
        return usual with
        {
            AllowMethods = values.Text(AllowMethods) ?? usual.AllowMethods,
            AllowHeaders = values.Text(AllowHeaders) ?? usual.AllowHeaders,
            ExposeHeaders = values.Text(ExposeHeaders) ?? "",
            AllowCredentials = values.Boolean(AllowCredentials) ?? true,
            MaxAgeSeconds = values.Integer(MaxAge) ?? usual.MaxAgeSeconds,
        };
    }

    private static ImmutableArray<string> ReadOrigins(AnnotationValues values)
    {
        if (values.Text(AllowOrigin) is not { } text || text == "*")
        {
            return ["*"];
        }

        var origins = ImmutableArray.CreateBuilder<string>();
        foreach (var entry in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry == "null" || HasLowerCaseScheme(entry))
            {
                origins.Add(entry);
            }
            else
            {
                values.Warn(AllowOrigin, "AnnotationParsingFailed", $"the origin '{entry}' has no scheme and is skipped");
            }
        }

        return origins.ToImmutable();
    }

    private static bool HasLowerCaseScheme(string entry)
    {
        var end = entry.IndexOf("://", StringComparison.Ordinal);
        return end > 0 && entry.AsSpan(0, end).IndexOfAnyExceptInRange('a', 'z') < 0;
    }

    private static ValueRule OriginsRule() => new("a list of origins", static text =>
    {
        var compact = ValueRule.WithoutBlanks(text).Trim();
        return compact is "" or "*" || compact.Split(',').All(IsOrigin);
    });

    /// <summary><c>[scheme://][*.]host[:port]</c>, <c>null</c>, or nothing (a comma too many).</summary>
    private static bool IsOrigin(string entry)
    {
        var rest = entry.AsSpan();
        var scheme = rest.IndexOf("://");
        if (scheme >= 0)
        {
            if (scheme == 0 || rest[..scheme].ContainsAnyExcept(HostCharacters))
            {
                return false;
            }

            rest = rest[(scheme + 3)..];
        }

        if (rest.StartsWith("*."))
        {
            rest = rest[2..];
        }

        var colon = rest.LastIndexOf(':');
        if (colon >= 0)
        {
            if (colon == rest.Length - 1 || rest[(colon + 1)..].ContainsAnyExceptInRange('0', '9'))
            {
                return false;
            }

            rest = rest[..colon];
        }

        return !rest.ContainsAnyExcept(HostCharacters) && (rest.Length > 0 || entry.Length == 0);
    }

    private static ValueRule MethodsRule() => new("a list of methods", static v => IsWordList(v, char.IsAsciiLetter, star: false));

    private static ValueRule ExposeRule() => new(
        "a list of header names", static v => IsWordList(v, c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_', star: true));

    /// <summary>Words, each followed by at most one comma and then at most one blank.</summary>
    private static bool IsWordList(string text, Func<char, bool> isLetter, bool star)
    {
        for (var i = 0; i < text.Length;)
        {
            var start = i;
            if (star && text[i] == '*')
            {
                i++;
            }
            else
            {
                while (i < text.Length && isLetter(text[i]))
                {
                    i++;
                }
            }

            if (i == start)
            {
                return false;
            }

            i += i < text.Length && text[i] == ',' ? 1 : 0;
            i += i < text.Length && text[i] == ' ' ? 1 : 0;
        }

        return true;
    }
}
