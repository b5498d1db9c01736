using System.Collections.Immutable;

namespace Portico.Model;

/// <summary>Compression of responses, by nginx's rules. A coding that is null is off.</summary>
public sealed record CompressionSettings
{
    public static CompressionSettings Off { get; } = new();

    /// <summary><c>use-gzip</c> and kin.</summary>
    public ContentCodingSettings? Gzip { get; init; }

    /// <summary><c>enable-brotli</c> and kin; wins over gzip where the client takes both.</summary>
    public ContentCodingSettings? Brotli { get; init; }

    /// <summary>An expression over the User-Agent: such clients get no gzip (<c>gzip-disable</c>); empty for none.</summary>
    public string GzipDisabledAgents { get; init; } = "";
}

public sealed record ContentCodingSettings
{
    public required int Level { get; init; }

    /// <summary>Responses that announce fewer bytes are not compressed; those that announce nothing are.</summary>
    public required long MinLength { get; init; }

    /// <summary>Media types besides <c>text/html</c>, which is always compressed; a star stands for all.</summary>
    public ImmutableArray<string> Types { get; init; } = [];
}
