using System.Collections.Immutable;

namespace Portico.Model;

/// <summary>What a request must look like for a route to take it. All given parts must hold.</summary>
public sealed record RouteMatch
{
    public required PathMatch Path { get; init; }

    /// <summary>The method, or null for any.</summary>
    public string? Method { get; init; }

    public ImmutableArray<NamedValueMatch> Headers { get; init; } = [];

    public ImmutableArray<NamedValueMatch> QueryParameters { get; init; } = [];
}

public enum PathMatchKind
{
    /// <summary>The whole normalised path.</summary>
    Exact,

    /// <summary>
    /// The path itself or anything below it, element by element: <c>/foo</c> takes <c>/foo</c>, <c>/foo/</c> and <c>/foo/bar</c>,
    /// not <c>/foobar</c>. A value that ends in <c>/</c> (such as <c>/foo/</c>) takes only what lies below: <c>/foo/</c> and <c>/foo/bar</c>.
    /// </summary>
    Prefix,

    /// <summary>A regular expression, anchored at the start of the normalised path only (nginx's <c>^path</c>).</summary>
    Regex,
}

/// <param name="Value">Path text, or the pattern without its leading anchor.</param>
public sealed record PathMatch(PathMatchKind Kind, string Value)
{
    /// <summary>Whether letters match in either case; only regular expressions use it.</summary>
    public bool IgnoreCase { get; init; }
}

public enum ValueMatchKind
{
    Exact,
    Regex,
}

/// <summary>A condition on a header or a query parameter.</summary>
public sealed record NamedValueMatch(string Name, ValueMatchKind Kind, string Value);
