using Portico.Proxy.Answers;

namespace Portico.Proxy.Policies;

/// <summary>What the policies say about a request: go on, or answer so.</summary>
internal readonly struct PolicyDecision
{
    private PolicyDecision(OwnAnswer answer)
    {
        Answer = answer;
        IsAnswer = true;
    }

    public static PolicyDecision Continue => default;

    public bool IsAnswer { get; }

    /// <summary>Only when <see cref="IsAnswer"/>. Its Location stands in the request.</summary>
    public OwnAnswer Answer { get; }

    public static implicit operator PolicyDecision(OwnAnswer answer) => new(answer);
}
