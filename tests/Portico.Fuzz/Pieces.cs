namespace Portico.Fuzz;

/// <summary>In which pieces an input is shown to a parser: each list holds the ends of the pieces.</summary>
internal static class Pieces
{
    private const int Cuts = 6;

    /// <summary>Byte by byte, and in two at some places that the input itself decides.</summary>
    public static IEnumerable<IReadOnlyList<int>> Of(byte[] input)
    {
        if (input.Length < 2)
        {
            yield break;
        }

        yield return [.. Enumerable.Range(1, input.Length)];
        var random = new Random(input.Aggregate(input.Length, (sum, b) => unchecked((sum * 31) + b)));
        for (var i = 0; i < Cuts; i++)
        {
            yield return [1 + random.Next(input.Length - 1), input.Length];
        }
    }
}
