namespace Portico.Model.Policies;

/// <summary>How fast a response goes to its client, in the sense of nginx's limit_rate: each request for itself.</summary>
/// <param name="BytesPerSecond">More than zero.</param>
/// <param name="After">Bytes that go as fast as they can before the rate holds (nginx's limit_rate_after).</param>
public sealed record ResponseRatePolicy(long BytesPerSecond, long After);
