using System.Text;

namespace Portico.Kubernetes.Reading;

/// <summary>
/// Gives one string for equal short texts, because the objects of a cluster repeat the same namespaces, label and
/// annotation names, path types and port names ten thousand times. A fixed table in which the newest text takes a
/// slot: it never grows, whatever tenants write. Used from any thread: a lost race costs one more copy, nothing else.
/// </summary>
internal static class InternedStrings
{
    private const int Slots = 8192;
    private const int LongestBytes = 96;

    private static readonly string?[] Table = new string?[Slots];

    public static string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return "";
        }

        if (utf8.Length > LongestBytes)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        Span<char> text = stackalloc char[LongestBytes];
        text = text[..Encoding.UTF8.GetChars(utf8, text)];
        ref var slot = ref Table[(uint)string.GetHashCode(text) % Slots];
        var known = Volatile.Read(ref slot);
        if (known is not null && text.SequenceEqual(known))
        {
            return known;
        }

        var made = new string(text);
        Volatile.Write(ref slot, made);
        return made;
    }
}
