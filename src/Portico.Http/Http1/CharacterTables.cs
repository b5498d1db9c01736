using System.Buffers;

namespace Portico.Http.Http1;

/// <summary>The character classes of RFC 9110, as vectorised searches.</summary>
internal static class CharacterTables
{
    /// <summary>tchar (RFC 9110, 5.6.2): what a field name may hold.</summary>
    public static readonly SearchValues<byte> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"u8);

    /// <summary>What nginx takes as a method.</summary>
    public static readonly SearchValues<byte> Method = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ-_"u8);

    /// <summary>What a field value must not hold: controls other than the horizontal tab (RFC 9110, 5.5).</summary>
    public static readonly SearchValues<byte> ForbiddenInValue = SearchValues.Create(Controls(exceptTab: true));

    /// <summary>What a request target must not hold: controls and the blank.</summary>
    public static readonly SearchValues<byte> ForbiddenInTarget = SearchValues.Create([.. Controls(exceptTab: false), (byte)' ']);

    private static byte[] Controls(bool exceptTab)
    {
        var all = new List<byte>();
        for (byte b = 0; b < 0x20; b++)
        {
            if (!exceptTab || b != (byte)'\t')
            {
                all.Add(b);
            }
        }

        all.Add(0x7F);
        return [.. all];
    }
}
