namespace Portico.Model.Policies;

/// <summary>Closes a route whose configuration is wrong in a way that must not fail open: every request gets 503.</summary>
/// <param name="Cause">What was wrong, for logs and events.</param>
public sealed record DenialPolicy(string Cause);
