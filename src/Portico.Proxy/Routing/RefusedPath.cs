using System.Buffers;
using Portico.Model;
using Portico.Proxy.Routing.Patterns;

namespace Portico.Proxy.Routing;

/// <summary>
/// What becomes of a route whose pattern is refused. It fails closed for the requests that it would certainly have wanted to judge,
/// those that start with the plain text at the beginning of its pattern, and takes nothing from other routes when there is no such
/// text: one tenant's bad pattern must not close a host that others share. Pure.
/// </summary>
internal static class RefusedPath
{
    private static readonly SearchValues<char> Special = SearchValues.Create("\\^$.|?*+()[]{}");
    private static readonly BytePattern Nothing = Compile("[^\\x00-\\xFF]", ignoreCase: false);

    /// <summary>Stands for a refused condition on a header or parameter: it must be there.</summary>
    public static BytePattern Anything { get; } = Compile("", ignoreCase: false);

    /// <summary>The requests that the route takes now.</summary>
    public static BytePattern PatternFor(PathMatch path)
    {
        var text = PlainBeginning(path.Value);
        return text.Length > 1 ? Compile($"\\Q{text}", path.IgnoreCase) : Nothing;
    }

    /// <summary>The route that answers 503 to them: of its policies none runs, of its origin everything stays.</summary>
    public static Route Close(Route route) => new()
    {
        Origin = route.Origin,
        Match = route.Match,
        Action = new RouteAction.Respond(503, RoutingProblem.BadRegex),
        ResponseHeaders = route.ResponseHeaders,
        AccessLog = route.AccessLog,
        Metrics = route.Metrics,
    };

    private static string PlainBeginning(string pattern)
    {
        var special = pattern.AsSpan().IndexOfAny(Special);
        if (special < 0)
        {
            return pattern;
        }

        // A quantifier that allows none makes the character before it doubtful.
        var doubtful = pattern[special] is '?' or '*' or '{' ? 1 : 0;
        return pattern[..Math.Max(0, special - doubtful)];
    }

    private static BytePattern Compile(string text, bool ignoreCase) =>
        BytePattern.TryCompile(text, PatternScope.FromStart, ignoreCase, out var pattern, out var error)
            ? pattern
            : throw new InvalidOperationException(error);
}
