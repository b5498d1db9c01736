namespace Portico.TestKit.Wire;

/// <summary>A peer wrote something that the strict reader does not accept. The message says what, and shows the bytes.</summary>
public sealed class ProtocolException : Exception
{
    public ProtocolException(string message)
        : base(message)
    {
    }

    public ProtocolException()
    {
    }

    public ProtocolException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
