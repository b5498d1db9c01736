using System.Text;
using Portico.Http.Messages;
using Portico.Model;
using Portico.Proxy.Requests;
using Portico.Proxy.Routing.Patterns;

namespace Portico.Proxy.Compression;

/// <summary>
/// Which responses are compressed and how, by the rules of nginx's gzip filter and of its brotli module:
/// <list type="number">
/// <item>status 200, 403 or 404; not encoded already; a listed type; not announced shorter than the least length;</item>
/// <item>such a response says <c>Vary: Accept-Encoding</c> whether or not this client gets it compressed;</item>
/// <item>the client speaks HTTP/1.1 or later and accepts the coding by name with a weight above zero (<c>*</c> does not count);</item>
/// <item>brotli before gzip; a Via header of another proxy does not matter (gzip_proxied any).</item>
/// </list>
/// Made once for the settings. Immutable, shared by all shards.
/// </summary>
internal sealed class CompressionPlan
{
    private static readonly byte[] Html = "text/html"u8.ToArray();

    private readonly Rules? _gzip;
    private readonly Rules? _brotli;
    private readonly BytePattern? _withoutGzip;

    private CompressionPlan(CompressionSettings settings)
    {
        _gzip = Rules.Of(settings.Gzip);
        _brotli = Rules.Of(settings.Brotli);
        if (settings.GzipDisabledAgents.Length > 0
            && !BytePattern.TryCompile(settings.GzipDisabledAgents, PatternScope.Anywhere, ignoreCase: true, out _withoutGzip, out var cause))
        {
            Problem = $"gzip-disable '{settings.GzipDisabledAgents}': {cause}; every client may get gzip";
        }
    }

    /// <summary>What of the settings cannot be honoured; null for nothing.</summary>
    public string? Problem { get; }

    /// <summary>Null when nothing is ever compressed.</summary>
    public static CompressionPlan? Compile(CompressionSettings settings) =>
        settings is { Gzip: null, Brotli: null } ? null : new CompressionPlan(settings);

    /// <summary>Decides about a response of a backend.</summary>
    /// <param name="length">What it announces; null for nothing.</param>
    public CompressionChoice Choose(RequestContext context, int status, HeaderBlock response, long? length)
    {
        if (status is not (200 or 403 or 404)
            || !response.TryGet(HeaderId.ContentType, out var type) || IsEncoded(response))
        {
            return default;
        }

        type = MediaTypeOf(type);
        var brotli = _brotli is not null && _brotli.Admits(type, length);
        var gzip = _gzip is not null && _gzip.Admits(type, length);
        if (!brotli && !gzip)
        {
            return default;
        }

        if (context.Head.Version == HttpVersion.Http10 || !context.Head.Headers.TryGet(HeaderId.AcceptEncoding, out var accepted))
        {
            return CompressionChoice.VaryOnly;
        }

        return brotli && AcceptEncoding.Accepts(accepted, "br"u8) ? new CompressionChoice(ContentCoding.Brotli, _brotli!.Level, length)
            : gzip && AcceptEncoding.Accepts(accepted, "gzip"u8) && !IsExempt(context) ? new CompressionChoice(ContentCoding.Gzip, _gzip!.Level, length)
            : CompressionChoice.VaryOnly;
    }

    private static bool IsEncoded(HeaderBlock response) => response.TryGet(HeaderId.ContentEncoding, out var coding) && coding.Length > 0;

    private bool IsExempt(RequestContext context) =>
        _withoutGzip is not null && context.Head.Headers.TryGet(HeaderId.UserAgent, out var agent) && _withoutGzip.IsMatch(agent);

    private static ReadOnlySpan<byte> MediaTypeOf(ReadOnlySpan<byte> type)
    {
        var end = type.IndexOf((byte)';');
        return (end < 0 ? type : type[..end]).Trim((byte)' ');
    }

    private sealed class Rules
    {
        private readonly byte[][] _types;
        private readonly bool _everyType;
        private readonly long _minLength;

        private Rules(ContentCodingSettings settings)
        {
            Level = settings.Level;
            _minLength = settings.MinLength;
            _everyType = settings.Types.Contains("*");
            _types = [Html, .. settings.Types.Select(Encoding.UTF8.GetBytes)];
        }

        public int Level { get; }

        public static Rules? Of(ContentCodingSettings? settings) => settings is null ? null : new Rules(settings);

        public bool Admits(ReadOnlySpan<byte> type, long? length)
        {
            if (length < _minLength)
            {
                return false;
            }

            foreach (var listed in _types)
            {
                if (listed.Length == type.Length && Ascii.EqualsIgnoreCase(listed, type))
                {
                    return true;
                }
            }

            return _everyType;
        }
    }
}

/// <summary>What is done with one response.</summary>
/// <param name="Length">The length before compression, where it is known.</param>
internal readonly record struct CompressionChoice(ContentCoding Coding, int Level, long? Length)
{
    /// <summary>Compressible, but not for this client.</summary>
    public static CompressionChoice VaryOnly => new(ContentCoding.None, 0, null) { Varies = true };

    /// <summary>Whether the response depends on Accept-Encoding.</summary>
    public bool Varies { get; init; } = Coding != ContentCoding.None;

    public bool Compresses => Coding != ContentCoding.None;
}

internal enum ContentCoding : byte
{
    None,
    Gzip,
    Brotli,
}
