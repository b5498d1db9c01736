using System.Buffers;

namespace Portico.Ingress;

/// <summary>What names and values may look like when a ConfigMap sets headers.</summary>
internal static class HeaderText
{
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    public static bool IsName(string name) => name.Length > 0 && !name.AsSpan().ContainsAnyExcept(NameCharacters);

    /// <summary>Printable ASCII, at least one character.</summary>
    public static bool IsValue(string value) => value.Length > 0 && !value.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
