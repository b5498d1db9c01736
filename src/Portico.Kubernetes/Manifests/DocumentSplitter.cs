namespace Portico.Kubernetes.Manifests;

/// <summary>One document's bytes; <paramref name="FirstLine"/> counts from 1.</summary>
internal readonly record struct DocumentText(ReadOnlyMemory<byte> Utf8, int FirstLine);

/// <summary>
/// Cuts a file into its documents before any of it is parsed, so that a broken document cannot harm its neighbours.
/// A line that begins with <c>---</c> or <c>...</c> ends a document whatever stands before it: YAML 1.2 section 9.1.2
/// forbids both at the start of a line inside scalars.
/// </summary>
internal static class DocumentSplitter
{
    public static List<DocumentText> Split(ReadOnlyMemory<byte> file)
    {
        var documents = new List<DocumentText>();
        var (start, startLine, hasMarker, hasContent) = (0, 1, false, false);
        var lastWasClosingBrace = false;
        var line = 1;
        for (var at = 0; at < file.Length; line++)
        {
            var rest = file.Span[at..];
            var length = rest.IndexOf((byte)'\n');
            var text = rest[..(length < 0 ? rest.Length : length)].TrimEnd((byte)'\r');
            var begins = IsMarker(text, "---"u8);

            // Directives and comments before the marker belong to the document that it begins.
            if ((begins && (hasContent || hasMarker)) || (lastWasClosingBrace && text.StartsWith("{"u8)))
            {
                Add(at);
                (start, startLine, hasContent) = (at, line, false);
            }

            hasMarker = begins || (hasMarker && start != at);
            hasContent |= HasContent(begins ? text[3..] : text, hasMarker);
            at += length < 0 ? rest.Length : length + 1;
            if (IsMarker(text, "..."u8))
            {
                Add(at);
                (start, startLine, hasMarker, hasContent) = (at, line + 1, false, false);
            }

            // JSON objects written one after the other, as kubectl accepts them in a stream.
            lastWasClosingBrace = text.SequenceEqual("}"u8) || (lastWasClosingBrace && text.IsEmpty);
        }

        Add(file.Length);
        return documents;

        void Add(int end)
        {
            if (hasContent)
            {
                documents.Add(new DocumentText(file[start..end], startLine));
            }
        }
    }

    private static bool IsMarker(ReadOnlySpan<byte> line, ReadOnlySpan<byte> marker) =>
        line.StartsWith(marker) && (line.Length == 3 || line[3] is (byte)' ' or (byte)'\t');

    private static bool HasContent(ReadOnlySpan<byte> line, bool afterMarker)
    {
        var text = line.TrimStart(" \t"u8);
        return !text.IsEmpty && text[0] != (byte)'#' && (afterMarker || line[0] != (byte)'%') && !IsMarker(line, "..."u8);
    }
}
