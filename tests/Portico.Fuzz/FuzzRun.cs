namespace Portico.Fuzz;

/// <summary>An input that the code under test reads wrongly.</summary>
public sealed record FuzzFinding(byte[] Input, string Problem);

/// <summary>
/// Shows a target its seeds, then mutations of them, until something is wrong or the caller has seen enough. There is no coverage to
/// steer by: inputs with an outcome that few others had join the corpus in its place. The same seed gives the same run.
/// </summary>
public sealed class FuzzRun(FuzzTarget target, IReadOnlyList<byte[]> seeds, int seed)
{
    private const int KeptPerOutcome = 8;
    private const int LargestCorpus = 4096;

    private readonly List<byte[]> _corpus = [];
    private readonly Dictionary<string, int> _outcomes = [];

    public long Executions { get; private set; }

    /// <summary>How many kinds of answers were seen.</summary>
    public int Outcomes => _outcomes.Count;

    /// <returns>The first finding, cut down to what it needs; null when there was none.</returns>
    public FuzzFinding? Run(Func<FuzzRun, bool> enough)
    {
        foreach (var input in seeds)
        {
            _corpus.Add(input);
            if (Try(input) is { } problem)
            {
                return Shrink(input, problem);
            }
        }

        var random = new Random(seed);
        var mutator = new Mutator(target, random);
        while (!enough(this))
        {
            var input = mutator.Mutate(_corpus[random.Next(_corpus.Count)], _corpus[random.Next(_corpus.Count)]);
            if (Try(input) is { } problem)
            {
                return Shrink(input, problem);
            }
        }

        return null;
    }

    /// <summary>The seeds that belong to a target, from beside the program.</summary>
    public static IReadOnlyList<byte[]> SeedsOf(FuzzTarget target) =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "seeds", target.Name)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    private string? Try(byte[] input)
    {
        Executions++;
        var verdict = Check(input);
        if (verdict.Problem is null)
        {
            var seen = _outcomes.GetValueOrDefault(verdict.Outcome);
            _outcomes[verdict.Outcome] = seen + 1;
            if (seen < KeptPerOutcome && _corpus.Count < LargestCorpus)
            {
                _corpus.Add(input);
            }
        }

        return verdict.Problem;
    }

    private FuzzVerdict Check(byte[] input)
    {
        try
        {
            return target.Check(input);
        }
#pragma warning disable CA1031 // Whatever a parser throws is what we look for.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return new FuzzVerdict("", e.ToString());
        }
    }

    /// <summary>Leaves pieces out as long as something stays wrong.</summary>
    private FuzzFinding Shrink(byte[] input, string problem)
    {
        for (var piece = Math.Max(1, input.Length / 2); piece > 0; piece /= 2)
        {
            for (var start = 0; start + piece <= input.Length;)
            {
                byte[] shorter = [.. input[..start], .. input[(start + piece)..]];
                if (Check(shorter).Problem is { } still)
                {
                    (input, problem) = (shorter, still);
                }
                else
                {
                    start += piece;
                }
            }
        }

        return new FuzzFinding(input, problem);
    }
}
