namespace Portico.Model.Policies;

/// <summary>Copies of requests that go to another place; their answers are thrown away.</summary>
/// <param name="Target">A path without variables gets the query of the request.</param>
/// <param name="Host">The Host header of the copies.</param>
/// <param name="WithBody">Whether bodies are copied.</param>
public sealed record MirrorPolicy(SubrequestTarget Target, string Host, bool WithBody);
