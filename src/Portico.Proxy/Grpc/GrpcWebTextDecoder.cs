namespace Portico.Proxy.Grpc;

/// <summary>
/// Takes a request of <c>application/grpc-web-text</c> out of its base64 (RFC 4648, 4), whatever the pieces are that it comes in. Clients encode
/// each message for itself, so padding may stand in the middle. Belongs to one request.
/// </summary>
internal struct GrpcWebTextDecoder
{
    /// <summary>Characters of a quantum that may wait for the rest of it.</summary>
    public const int MostHeld = 3;

    private uint _bits;
    private int _count;
    private int _padding;

    /// <summary>Whether what came so far ends with a whole quantum.</summary>
    public readonly bool IsWhole => _count == 0;

    /// <param name="output">May begin before <paramref name="input"/> in the same memory, by <see cref="MostHeld"/> bytes or more.</param>
    /// <returns>Bytes written; -1 when this is no base64.</returns>
    public int Decode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var written = 0;
        foreach (var character in input)
        {
            if (!Take(character))
            {
                return -1;
            }

            if (_count == 4)
            {
                written += EndQuantum(output[written..]);
            }
        }

        return written;
    }

    private bool Take(byte character)
    {
        var value = ValueOf(character);
        var isPadding = character == '=';
        if (isPadding ? _count < 2 : value < 0 || _padding > 0)
        {
            return false;
        }

        _bits = (_bits << 6) | (uint)(isPadding ? 0 : value);
        _padding += isPadding ? 1 : 0;
        _count++;
        return true;
    }

    private int EndQuantum(Span<byte> output)
    {
        var count = 3 - _padding;
        for (var i = 0; i < count; i++)
        {
            output[i] = (byte)(_bits >> (16 - (8 * i)));
        }

        _bits = 0;
        _count = 0;
        _padding = 0;
        return count;
    }

    private static int ValueOf(byte character) => character switch
    {
        >= (byte)'A' and <= (byte)'Z' => character - 'A',
        >= (byte)'a' and <= (byte)'z' => character - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => character - '0' + 52,
        (byte)'+' => 62,
        (byte)'/' => 63,
        _ => -1,
    };
}
