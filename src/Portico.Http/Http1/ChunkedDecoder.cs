using Portico.Http.Messages;

namespace Portico.Http.Http1;

/// <summary>
/// Takes the chunked coding off a body (RFC 9112, 7.1), in place: payload bytes are moved to the front of the piece they came in.
/// Strict: hex sizes without sign or blank, CRLF everywhere. Trailers are checked like headers.
/// No I/O; pieces may be cut anywhere.
/// </summary>
/// <param name="trailers">Who keeps the trailers; null to drop them.</param>
public struct ChunkedDecoder(TrailerLines? trailers)
{
    /// <summary>What the extensions of one chunk, or all trailers, may measure.</summary>
    private const int LongestAside = 8 * 1024;

    private const int MostSizeDigits = 15;

    private State _state;
    private long _left;
    private int _digits;
    private int _asideBytes;
    private bool _inQuotes;

    private enum State : byte
    {
        Size,
        Extension,
        SizeLineFeed,
        Data,
        DataCarriageReturn,
        DataLineFeed,
        TrailerStart,
        TrailerName,
        TrailerValue,
        TrailerLineFeed,
        EndLineFeed,
        Done,
    }

    public ParseError Error { get; private set; }

    public readonly bool IsDone => _state == State.Done;

    /// <summary>Payload bytes that the chunk in hand still announces.</summary>
    public readonly long Announced => _state == State.Data ? _left : 0;

    /// <summary>Decodes a piece.</summary>
    /// <param name="piece">Coded bytes; the payload found stands at its front afterwards.</param>
    /// <param name="consumed">Coded bytes used; fewer than given only at the end of the body.</param>
    /// <param name="produced">Payload bytes.</param>
    public ParseStatus Decode(Span<byte> piece, out int consumed, out int produced)
    {
        consumed = 0;
        produced = 0;
        while (consumed < piece.Length && _state != State.Done)
        {
            if (_state == State.Data)
            {
                var count = (int)Math.Min(_left, piece.Length - consumed);
                piece.Slice(consumed, count).CopyTo(piece[produced..]);
                consumed += count;
                produced += count;
                _left -= count;
                _state = _left == 0 ? State.DataCarriageReturn : State.Data;
                continue;
            }

            if (!Step(piece[consumed++]))
            {
                return ParseStatus.Invalid;
            }
        }

        return _state == State.Done ? ParseStatus.Done : ParseStatus.NeedMore;
    }

    private bool Step(byte b) => _state switch
    {
        State.Size => StepSize(b),
        State.Extension => StepExtension(b),
        State.SizeLineFeed => b == '\n' ? EndSizeLine() : Refuse(ParseError.BadChunkSize),
        State.DataCarriageReturn => b == '\r' ? Go(State.DataLineFeed) : Refuse(ParseError.BadChunkEnd),
        State.DataLineFeed => b == '\n' ? BeginChunk() : Refuse(ParseError.BadChunkEnd),
        State.TrailerStart => b == '\r' ? Go(State.EndLineFeed) : StepTrailerName(b, first: true),
        State.TrailerName => StepTrailerName(b, first: false),
        State.TrailerValue => StepTrailerValue(b),
        State.TrailerLineFeed => b == '\n' ? EndTrailer() : Refuse(ParseError.BareCarriageReturn),
        State.EndLineFeed => b == '\n' ? Go(State.Done) : Refuse(ParseError.BareCarriageReturn),
        _ => Refuse(ParseError.BadChunkEnd),
    };

    private bool StepSize(byte b)
    {
        var digit = HexDigit(b);
        if (digit >= 0)
        {
            _left = (_left << 4) | (uint)digit;
            return ++_digits <= MostSizeDigits || Refuse(ParseError.BadChunkSize);
        }

        if (_digits == 0)
        {
            return Refuse(ParseError.BadChunkSize);
        }

        return b switch
        {
            (byte)'\r' => Go(State.SizeLineFeed),
            (byte)';' => Go(State.Extension),
            _ => Refuse(ParseError.BadChunkSize),
        };
    }

    private bool StepExtension(byte b)
    {
        if (++_asideBytes > LongestAside || (b < 0x20 && b is not ((byte)'\t' or (byte)'\r')) || b == 0x7F)
        {
            return Refuse(ParseError.BadChunkExtension);
        }

        if (b == '\r')
        {
            return _inQuotes ? Refuse(ParseError.BadChunkExtension) : Go(State.SizeLineFeed);
        }

        _inQuotes ^= b == '"';
        return true;
    }

    private bool EndSizeLine()
    {
        _asideBytes = 0;
        return Go(_left == 0 ? State.TrailerStart : State.Data);
    }

    private bool BeginChunk()
    {
        _left = 0;
        _digits = 0;
        return Go(State.Size);
    }

    private bool StepTrailerName(byte b, bool first)
    {
        if (++_asideBytes > LongestAside)
        {
            return Refuse(ParseError.TrailerTooLarge);
        }

        trailers?.Append(b);
        if (b == ':' && !first)
        {
            return Go(State.TrailerValue);
        }

        return CharacterTables.Token.Contains(b) ? Go(State.TrailerName) : Refuse(ParseError.BadHeaderName);
    }

    private bool StepTrailerValue(byte b)
    {
        if (++_asideBytes > LongestAside)
        {
            return Refuse(ParseError.TrailerTooLarge);
        }

        if (b == '\r')
        {
            return Go(State.TrailerLineFeed);
        }

        trailers?.Append(b);
        return !CharacterTables.ForbiddenInValue.Contains(b) || Refuse(ParseError.BadHeaderValue);
    }

    private bool EndTrailer()
    {
        var error = trailers?.EndLine() ?? ParseError.None;
        return error == ParseError.None ? Go(State.TrailerStart) : Refuse(error);
    }

    private bool Go(State next)
    {
        _state = next;
        return true;
    }

    private bool Refuse(ParseError error)
    {
        Error = error;
        return false;
    }

    private static int HexDigit(byte b) => b switch
    {
        >= (byte)'0' and <= (byte)'9' => b - '0',
        >= (byte)'a' and <= (byte)'f' => b - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => b - 'A' + 10,
        _ => -1,
    };
}
