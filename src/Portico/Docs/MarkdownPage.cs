using System.Text;

namespace Portico.Docs;

/// <summary>A page of Markdown with a table, row by row.</summary>
internal sealed class MarkdownPage(string beginning)
{
    private readonly StringBuilder _text = new(beginning);

    /// <summary>A bar inside a cell would begin the next one.</summary>
    public void Row(params ReadOnlySpan<string> cells)
    {
        _text.Append('|');
        foreach (var cell in cells)
        {
            _text.Append(' ').Append(cell.Replace("|", "\\|", StringComparison.Ordinal)).Append(" |");
        }

        _text.Append('\n');
    }

    /// <summary>The line under the heads.</summary>
    public void Rule(int columns)
    {
        for (var i = 0; i < columns; i++)
        {
            _text.Append("|---");
        }

        _text.Append("|\n");
    }

    public override string ToString() => _text.ToString();
}
