namespace Portico.Kubernetes.Api.Watching;

/// <summary>
/// How long to wait before asking again: doubled with each failure in a row, and drawn at random from the upper half so that the
/// watches of all replicas do not come back in step. Owned by one watch.
/// </summary>
internal sealed class BackOff
{
    private readonly TimeSpan _first;
    private readonly TimeSpan _longest;
    private readonly Random _random;
    private TimeSpan _next;

    public BackOff(TimeSpan first, TimeSpan longest, Random? random = null)
    {
        (_first, _longest, _random) = (first, longest, random ?? Random.Shared);
        _next = first;
    }

    /// <summary>Failures since the last success.</summary>
    public int Failures { get; private set; }

    /// <param name="asked">What the server asks for (Retry-After); the pause is not shorter.</param>
    public TimeSpan Next(TimeSpan asked = default)
    {
        Failures++;
        var pause = _next * (0.5 + (_random.NextDouble() / 2));
        _next = _next * 2 < _longest ? _next * 2 : _longest;
        return pause > asked ? pause : asked;
    }

    public void Succeeded()
    {
        Failures = 0;
        _next = _first;
    }
}
