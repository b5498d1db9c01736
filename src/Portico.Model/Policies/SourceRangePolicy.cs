using System.Collections.Immutable;

namespace Portico.Model.Policies;

/// <summary>Which client addresses may come in; the rest gets 403. Deny entries are looked at before allow entries.</summary>
/// <param name="Allow">When not empty, everybody else is refused.</param>
public sealed record SourceRangePolicy(ImmutableArray<AddressRange> Deny, ImmutableArray<AddressRange> Allow);
