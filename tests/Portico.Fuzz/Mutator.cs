using System.Text;

namespace Portico.Fuzz;

/// <summary>Makes new inputs out of old ones: flips, cuts, doubles, splices, and words of the format where they do not belong.</summary>
public sealed class Mutator(FuzzTarget target, Random random)
{
    private static readonly byte[] Borders = [0x00, 0x09, 0x0A, 0x0D, 0x1F, 0x20, 0x2F, 0x30, 0x39, 0x3A, 0x7E, 0x7F, 0x80, 0xC0, 0xFF];

    private readonly byte[][] _words = [.. target.Words.Select(Encoding.Latin1.GetBytes)];

    public byte[] Mutate(byte[] input, byte[] other)
    {
        var bytes = new List<byte>(input);
        for (var left = 1 + random.Next(4); left > 0; left--)
        {
            MutateOnce(bytes, other);
        }

        return [.. bytes.Take(target.LongestInput)];
    }

    private void MutateOnce(List<byte> bytes, byte[] other)
    {
        switch (bytes.Count == 0 ? 5 : random.Next(9))
        {
            case 0:
                bytes[random.Next(bytes.Count)] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[random.Next(bytes.Count)] = Borders[random.Next(Borders.Length)];
                break;
            case 2:
                bytes.Insert(Place(bytes), Borders[random.Next(Borders.Length)]);
                break;
            case 3:
                Remove(bytes);
                break;
            case 4:
                var (start, count) = Range(bytes.Count);
                bytes.InsertRange(Place(bytes), bytes.GetRange(start, count));
                break;
            case 5:
                bytes.InsertRange(Place(bytes), Word());
                break;
            case 6:
                Remove(bytes);
                bytes.InsertRange(Place(bytes), Word());
                break;
            case 7:
                Splice(bytes, other);
                break;
            default:
                bytes[random.Next(bytes.Count)] = (byte)random.Next(256);
                break;
        }
    }

    private void Splice(List<byte> bytes, byte[] other)
    {
        var (start, count) = Range(other.Length);
        bytes.InsertRange(Place(bytes), other.AsSpan(start, count).ToArray());
    }

    private void Remove(List<byte> bytes)
    {
        var (start, count) = Range(bytes.Count);
        bytes.RemoveRange(start, count);
    }

    private byte[] Word() => _words[random.Next(_words.Length)];

    private int Place(List<byte> bytes) => random.Next(bytes.Count + 1);

    /// <summary>A piece, mostly a short one.</summary>
    private (int Start, int Count) Range(int length)
    {
        var start = random.Next(length + 1);
        var longest = random.Next(4) == 0 ? length - start : Math.Min(8, length - start);
        return (start, random.Next(longest + 1));
    }
}
