namespace Portico.Model.Policies;

/// <summary>
/// Which requests of a backend go to another one. As in ingress-nginx it hangs on the main backend: it holds for every rule of every
/// host that leads there. In order: the header, the cookie, the weight.
/// </summary>
/// <param name="Alternative">The canary's backend.</param>
/// <param name="Source">The canary Ingress, for messages.</param>
public sealed record CanaryPolicy(BackendId Alternative, ObjectReference Source)
{
    /// <summary>The name of the header that decides; null when none does.</summary>
    public string? Header { get; init; }

    /// <summary>The only value that chooses the canary; null when <c>always</c> and <c>never</c> are understood.</summary>
    public string? HeaderValue { get; init; }

    /// <summary>A regular expression instead of <see cref="HeaderValue"/>, unanchored, letters as they are.</summary>
    public string? HeaderPattern { get; init; }

    /// <summary>The name of the cookie that decides by <c>always</c> and <c>never</c>; null when none does.</summary>
    public string? Cookie { get; init; }

    /// <summary>Of <see cref="WeightTotal"/> requests that nothing else decides, so many go to the canary.</summary>
    public int Weight { get; init; }

    public int WeightTotal { get; init; } = 100;
}
