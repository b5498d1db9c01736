namespace Portico.Fuzz;

/// <summary>What came of showing one input to a target.</summary>
/// <param name="Outcome">The kind of answer (e.g. a parse error): inputs that reach a rare one are worth mutating further.</param>
/// <param name="Problem">What is wrong with the code under test; null when nothing is.</param>
public readonly record struct FuzzVerdict(string Outcome, string? Problem)
{
    public static FuzzVerdict Fine(string outcome) => new(outcome, null);
}

/// <summary>
/// Code that reads what strangers send, and how to tell that it read it wrongly. Must depend on the input alone, so that a finding can
/// be repeated from its bytes. What it throws is a finding.
/// </summary>
public abstract class FuzzTarget
{
    /// <summary>What one names on the command line; also the folder of its seeds.</summary>
    public abstract string Name { get; }

    /// <summary>Pieces of the format that mutations put in.</summary>
    public abstract IReadOnlyList<string> Words { get; }

    /// <summary>Longest input; keeps the limits of the code under test out of reach where its second reader knows none.</summary>
    public virtual int LongestInput => 4096;

    public abstract FuzzVerdict Check(byte[] input);

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new Targets.RequestTarget(),
        new Targets.ResponseTarget(),
        new Targets.ChunkedTarget(),
        new Targets.PathTarget(),
        new Targets.HostTarget(),
        new Targets.ManifestTarget(),
        new Targets.ProxyHeaderTarget(),
        new Targets.ClientHelloTarget(),
        new Targets.Http2ServerTarget(),
        new Targets.Http2ClientTarget(),
        new Targets.FastCgiTarget(),
    ];
}
