using System.Collections.Frozen;
using System.Text;

namespace Portico.Http.Messages;

/// <summary>Maps header names to <see cref="HeaderId"/>: a table by length and first letter, then one comparison.</summary>
public static class KnownHeaders
{
    private static readonly string[] Names = BuildNames();
    private static readonly Entry[][] ByShape = BuildShapes();

    /// <summary>The name as it is usually written, e.g. <c>X-Request-ID</c>.</summary>
    public static string NameOf(HeaderId id) => Names[(int)id];

    public static HeaderId Find(ReadOnlySpan<byte> name)
    {
        if (name.Length is < 2 or > 32)
        {
            return HeaderId.Other;
        }

        foreach (var entry in ByShape[Shape(name.Length, name[0])])
        {
            if (Ascii.EqualsIgnoreCase(name, entry.Name))
            {
                return entry.Id;
            }
        }

        return HeaderId.Other;
    }

    private static int Shape(int length, byte first) => (length << 5) | (first & 0x1F);

    private static string[] BuildNames()
    {
        var special = new Dictionary<HeaderId, string>
        {
            [HeaderId.Te] = "TE",
            [HeaderId.ETag] = "ETag",
            [HeaderId.XRequestId] = "X-Request-ID",
            [HeaderId.XRealIp] = "X-Real-IP",
            [HeaderId.XOriginalUri] = "X-Original-URI",
        }.ToFrozenDictionary();
        return [.. Enum.GetValues<HeaderId>().Select(id => special.TryGetValue(id, out var name) ? name : Hyphenated(id.ToString()))];
    }

    private static string Hyphenated(string identifier)
    {
        var text = new StringBuilder();
        foreach (var c in identifier)
        {
            if (char.IsUpper(c) && text.Length > 0)
            {
                text.Append('-');
            }

            text.Append(c);
        }

        return text.ToString();
    }

    private static Entry[][] BuildShapes()
    {
        var shapes = new Entry[33 << 5][];
        Array.Fill(shapes, []);
        foreach (var id in Enum.GetValues<HeaderId>().Skip(1))
        {
            var name = Encoding.ASCII.GetBytes(Names[(int)id]);
            ref var shape = ref shapes[Shape(name.Length, name[0])];
            shape = [.. shape, new Entry(id, name)];
        }

        return shapes;
    }

    private readonly record struct Entry(HeaderId Id, byte[] Name);
}
