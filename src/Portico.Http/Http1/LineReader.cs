namespace Portico.Http.Http1;

/// <summary>Finds the lines of a head in a growing buffer; remembers how far it looked, so that each byte is looked at once.</summary>
internal struct LineReader
{
    private int _scanned;

    /// <summary>Where the line in hand begins.</summary>
    public int LineStart { get; private set; }

    public readonly int Scanned => _scanned;

    /// <summary>Looks for the end of the line in hand.</summary>
    /// <param name="filled">All bytes received so far.</param>
    /// <param name="lineEnd">Where the line's CRLF begins.</param>
    public ParseStatus Next(ReadOnlySpan<byte> filled, out int lineEnd, out ParseError error)
    {
        error = ParseError.None;
        lineEnd = -1;
        var feed = filled[_scanned..].IndexOf((byte)'\n');
        if (feed < 0)
        {
            _scanned = filled.Length;
            return ParseStatus.NeedMore;
        }

        feed += _scanned;
        if (feed == LineStart || filled[feed - 1] != '\r')
        {
            error = ParseError.BareLineFeed;
            return ParseStatus.Invalid;
        }

        lineEnd = feed - 1;
        _scanned = feed + 1;
        return ParseStatus.Done;
    }

    /// <summary>Goes on behind the line that <see cref="Next"/> found.</summary>
    public void Advance() => LineStart = _scanned;
}
