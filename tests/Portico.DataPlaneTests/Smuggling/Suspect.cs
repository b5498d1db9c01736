namespace Portico.DataPlaneTests.Smuggling;

/// <summary>A request that two parsers could read differently, and what the gateway may make of it.</summary>
/// <param name="Name">A sentence for the test's name.</param>
/// <param name="Bytes">What is sent, one character a byte. The host of the site is <c>h.test</c>.</param>
/// <param name="Verdict">The only outcomes that are allowed.</param>
public sealed record Suspect(string Name, string Bytes, Verdict Verdict);

/// <summary>
/// Refused with one of these statuses, or served (the backend gets exactly one well-formed request), or either of both
/// where RFC 9112 leaves it open.
/// </summary>
public sealed record Verdict
{
    public IReadOnlyList<int> Refusals { get; init; } = [];

    /// <summary>Whether the connection must end after the refusal: the gateway cannot know where the next request begins.</summary>
    public bool Closes { get; init; }

    /// <summary>What the backend gets when the request is served; null when it must be refused.</summary>
    public Served? Served { get; init; }

    /// <summary>Whether the backend may see the beginning of the request, because the fault comes late in its body.</summary>
    public bool FaultInBody { get; init; }

    public static Verdict Refused(params int[] statuses) => new() { Refusals = statuses, Closes = true };

    public static Verdict RefusedInBody(params int[] statuses) => new() { Refusals = statuses, Closes = true, FaultInBody = true };

    /// <summary>A clear request that the gateway does not do: it may keep the connection.</summary>
    public static Verdict Answered(params int[] statuses) => new() { Refusals = statuses };

    public static Verdict Forwarded(string method, string target, string body = "") => new() { Served = new Served(method, target, body) };

    public Verdict Or(Verdict other) => new()
    {
        Refusals = [.. Refusals, .. other.Refusals],
        Closes = Closes || other.Closes,
        FaultInBody = FaultInBody || other.FaultInBody,
        Served = Served ?? other.Served,
    };
}

/// <summary>The one request that reaches the backend.</summary>
public sealed record Served(string Method, string Target, string Body);
