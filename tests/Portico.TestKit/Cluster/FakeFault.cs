namespace Portico.TestKit.Cluster;

/// <summary>What the fake API server is asked.</summary>
/// <param name="Verb">As permissions write it: get, list, watch, create, update, patch, delete.</param>
/// <param name="Group">Of the API; empty for the core one.</param>
/// <param name="Resource">Its plural; the path for what is no resource.</param>
/// <param name="Token">The bearer token; empty without one.</param>
public sealed record FakeRequest(
    string Verb, string Group, string Resource, string Namespace, string Name, string Subresource, IReadOnlyDictionary<string, string> Query, string Token = "");

/// <summary>How a request goes wrong.</summary>
public abstract record FakeFault
{
    private FakeFault()
    {
    }

    /// <summary>Answered with a Status.</summary>
    public sealed record Status(int Code, string Reason = "InternalError", int RetryAfter = 0) : FakeFault;

    /// <summary>The connection ends after so many bytes of the body.</summary>
    public sealed record Cut(int AfterBytes) : FakeFault;

    /// <summary>So many bytes of the body, and then nothing more, while the connection stays.</summary>
    public sealed record Stall(int AfterBytes) : FakeFault;

    /// <summary>Answered 200 with this body, in place of the right one.</summary>
    public sealed record Garbage(string Body) : FakeFault;

    /// <summary>The right answer, a few bytes at a time.</summary>
    public sealed record Drip(int Bytes, TimeSpan Pause) : FakeFault;

    /// <summary>The right answer, late.</summary>
    public sealed record Delay(TimeSpan For) : FakeFault;
}
