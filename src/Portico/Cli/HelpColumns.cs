namespace Portico.Cli;

/// <summary>Lays out help: sections of two columns, wrapped between words.</summary>
internal sealed class HelpColumns(TextWriter output, int width)
{
    private const int Gap = 2;
    private const int LongestFirstColumn = 38;

    public void WriteSection(string title)
    {
        output.WriteLine();
        output.WriteLine($"{title}:");
    }

    public void WriteSection(string title, IEnumerable<(string First, string Second)> rows)
    {
        WriteSection(title);
        var all = rows.ToArray();
        var first = Math.Min(all.Max(r => r.First.Length), LongestFirstColumn);
        foreach (var row in all)
        {
            WriteRow(row.First, row.Second, first);
        }
    }

    public void WriteText(string text, int indent = 0)
    {
        if (indent == 0)
        {
            output.WriteLine();
        }

        foreach (var line in Wrap(text, width - indent))
        {
            output.WriteLine(new string(' ', indent) + line);
        }
    }

    private void WriteRow(string first, string second, int columnWidth)
    {
        var indent = 2 + columnWidth + Gap;
        var lead = "  " + first.PadRight(columnWidth + Gap);
        if (first.Length > columnWidth)
        {
            output.WriteLine("  " + first);
            lead = new string(' ', indent);
        }

        foreach (var line in Wrap(second, width - indent))
        {
            output.WriteLine(lead + line);
            lead = new string(' ', indent);
        }
    }

    private static IEnumerable<string> Wrap(string text, int width)
    {
        var line = "";
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = word;
            }
            else
            {
                line = line.Length == 0 ? word : $"{line} {word}";
            }
        }

        yield return line;
    }
}
