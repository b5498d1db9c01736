namespace Portico.TestKit.Http2;

/// <summary>
/// The Huffman code of RFC 7541, appendix B, slow and plain. The code is canonical: the lengths of its words, in the order of the symbols,
/// say everything.
/// </summary>
internal static class HpackHuffman
{
    private const int EndOfString = 256;

    private static readonly byte[] Lengths =
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    private static readonly Dictionary<(int Length, uint Word), int> Symbols = Build();

    public static byte[] Decode(ReadOnlySpan<byte> coded)
    {
        var decoded = new List<byte>();
        var (word, length) = (0u, 0);
        foreach (var b in coded)
        {
            for (var bit = 7; bit >= 0; bit--)
            {
                word = (word << 1) | (uint)((b >> bit) & 1);
                if (Symbols.TryGetValue((++length, word), out var symbol))
                {
                    decoded.Add(symbol == EndOfString ? throw new InvalidDataException("EOS inside a Huffman string") : (byte)symbol);
                    (word, length) = (0, 0);
                }
            }
        }
        return length < 8 && word == (1u << length) - 1 ? [.. decoded] : throw new InvalidDataException("a Huffman string is padded wrongly");
    }

    private static Dictionary<(int Length, uint Word), int> Build()
    {
        var symbols = new Dictionary<(int, uint), int>();
        var word = 0u;
        var length = 0;
        foreach (var symbol in Enumerable.Range(0, Lengths.Length).OrderBy(s => Lengths[s]).ThenBy(s => s))
        {
            word <<= Lengths[symbol] - length;
            length = Lengths[symbol];
            symbols[(length, word++)] = symbol;
        }
        return symbols;
    }
}
