namespace Portico.Model.Policies;

/// <summary>Closes a route (503) or a host (403) whose configuration is wrong in a way that must not fail open.</summary>
/// <param name="Cause">What was wrong, for logs and events.</param>
public sealed record DenialPolicy(string Cause);
