using Portico.Proxy.Answers;

namespace Portico.Proxy.Policies;

/// <summary>
/// Closes a route: its configuration asked for something that could not be honoured safely, so nobody gets in.
/// No other policy of the route runs, and none of its response headers are sent.
/// </summary>
internal sealed class DenialFilter(AnswerReason reason, string cause)
{
    /// <summary>What was wrong, for people.</summary>
    public string Cause { get; } = cause;

    public OwnAnswer Answer { get; } = OwnAnswer.For(reason);
}
