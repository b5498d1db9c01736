namespace Portico.Flags;

/// <summary>Finds the name that was probably meant.</summary>
internal static class ClosestName
{
    /// <summary>The known name with the fewest edits, or null when none is near enough to be a typing error.</summary>
    public static string? Find(string name, IEnumerable<string> known)
    {
        var best = known.Select(k => (Name: k, Edits: Edits(name, k))).DefaultIfEmpty((Name: "", Edits: int.MaxValue)).MinBy(k => k.Edits);
        return best.Edits <= Math.Max(2, name.Length / 3) ? best.Name : null;
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours that lead from one text to the other.</summary>
    private static int Edits(string a, string b)
    {
        var table = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                table[i, j] = i == 0 || j == 0 ? i + j : Cheapest(table, a, b, i, j);
            }
        }

        return table[a.Length, b.Length];
    }

    private static int Cheapest(int[,] table, string a, string b, int i, int j)
    {
        var replaced = table[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
        var cheapest = Math.Min(replaced, Math.Min(table[i - 1, j], table[i, j - 1]) + 1);
        var swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
        return swapped ? Math.Min(cheapest, table[i - 2, j - 2] + 1) : cheapest;
    }
}
