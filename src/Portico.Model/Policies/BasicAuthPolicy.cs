using System.Collections.Immutable;

namespace Portico.Model.Policies;

/// <summary>Asks for a user name and a password that the gateway checks itself.</summary>
public sealed record BasicAuthPolicy
{
    public string Realm { get; init; } = "";

    /// <summary>The Digest scheme (RFC 7616, MD5) instead of Basic. Users then come with their realm in <see cref="PasswordEntry.Hash"/>.</summary>
    public bool Digest { get; init; }

    /// <summary>In the order of the file: the first entry of a name counts.</summary>
    public ImmutableArray<PasswordEntry> Users { get; init; } = [];
}

/// <param name="Hash">As the file has it; a secret that is never shown.</param>
public sealed record PasswordEntry(string User, string Hash)
{
    public override string ToString() => User;
}
