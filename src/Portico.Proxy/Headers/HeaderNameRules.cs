using System.Buffers;
using Portico.Model;

namespace Portico.Proxy.Headers;

/// <summary>
/// Which client headers exist for us at all. nginx drops a header whose name has anything but letters, digits and hyphens
/// (<c>ignore-invalid-headers</c>); underscores are allowed by <c>enable-underscores-in-headers</c>. Backends that turn both
/// hyphens and underscores into one character could otherwise be told things that only the gateway may say.
/// </summary>
internal sealed class HeaderNameRules(ClientLimits limits)
{
    private static readonly SearchValues<byte> Strict =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"u8);

    private static readonly SearchValues<byte> WithUnderscore =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    /// <summary>Null lets every name pass.</summary>
    private readonly SearchValues<byte>? _allowed =
        !limits.IgnoreInvalidHeaders ? null : limits.UnderscoresInHeaders ? WithUnderscore : Strict;

    public bool Accepts(ReadOnlySpan<byte> name) => _allowed is null || !name.ContainsAnyExcept(_allowed);
}
