namespace Portico.BehaviourTests;

/// <summary>A case saw something else than it expects; the message is the whole story.</summary>
public sealed class BehaviourException : Exception
{
    public BehaviourException(string message)
        : base(message)
    {
    }

    public BehaviourException()
    {
    }

    public BehaviourException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
