using System.Collections.Immutable;
using Portico.Model.Text;

namespace Portico.Model.Policies;

/// <summary>Headers that are set on every response of a route, replacing the backend's (<c>custom-headers</c>).</summary>
public sealed record ResponseHeadersPolicy(ImmutableArray<HeaderTemplate> Set);
