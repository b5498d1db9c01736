using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Portico.Kubernetes.Manifests;

/// <summary>
/// Reads a file of manifests: YAML or JSON, one or many documents. Nothing that a file holds throws out of here.
/// Static and free of state: any thread, several files at a time.
/// </summary>
internal static class ManifestReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>What YAML 1.2 section 5.1 forbids outside of escapes. The parser takes a NUL for the end of the text.</summary>
    private static readonly SearchValues<char> Unprintable = SearchValues.Create(
        [.. Enumerable.Range(0, 0xA0).Select(code => (char)code).Where(c => c is (< ' ' and not ('\t' or '\r' or '\n')) or (>= '\x7f' and not '\x85')),
        '\uFEFF', '\uFFFE', '\uFFFF']);

    /// <param name="previous">The last reading of the file: documents whose text is unchanged are not parsed again.</param>
    public static ManifestContent Read(ReadOnlyMemory<byte> file, ManifestContent? previous = null)
    {
        var texts = DocumentSplitter.Split(ToUtf8(file));
        var objects = new List<ManifestObject>();
        var errors = new List<ManifestError>();
        var documents = new Dictionary<UInt128, ManifestDocument>();
        var skipped = 0;
        foreach (var text in texts)
        {
            var fingerprint = Fingerprint(text.Utf8.Span);
            if (!documents.TryGetValue(fingerprint, out var document) && previous?.Documents.TryGetValue(fingerprint, out document) != true)
            {
                document = ReadDocument(text.Utf8.Span);
            }

            documents[fingerprint] = document!;
            objects.AddRange(document!.Objects.Select(found => found with { Line = found.Line + text.FirstLine - 1 }));
            errors.AddRange(document.Errors.Select(error => error with { Line = error.Line + text.FirstLine - 1 }));
            skipped += document.Skipped;
        }

        return new ManifestContent
        {
            Objects = objects,
            Errors = errors,
            Skipped = skipped,
            // The one document of a file is new whenever the file is read again.
            Documents = texts.Count > 1 ? documents : ManifestContent.Empty.Documents,
        };
    }

    public static UInt128 Fingerprint(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private static ManifestDocument ReadDocument(ReadOnlySpan<byte> utf8)
    {
        var document = new ManifestDocument();
        string text;
        try
        {
            text = StrictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException error)
        {
            document.Errors.Add(new(LineAt(utf8, error.Index), null, true, "not UTF-8 text"));
            return document;
        }

        var unprintable = text.AsSpan().IndexOfAny(Unprintable);
        if (unprintable >= 0)
        {
            var line = text.AsSpan(0, unprintable).Count('\n') + 1;
            document.Errors.Add(new(line, null, true, $"the character U+{(int)text[unprintable]:X4} is not allowed in YAML"));
            return document;
        }

        new DocumentReader(document, utf8.Length).Read(YamlTree.Parse(text));
        return document;
    }

    /// <summary><paramref name="index"/> is negative for a sequence that began in an earlier block of the decoder.</summary>
    private static int LineAt(ReadOnlySpan<byte> utf8, int index) => utf8[..Math.Clamp(index, 0, utf8.Length)].Count((byte)'\n') + 1;

    /// <summary>kubectl reads UTF-16 with a byte order mark, too; YAML 1.2 section 5.2.</summary>
    private static ReadOnlyMemory<byte> ToUtf8(ReadOnlyMemory<byte> file) => file.Span switch
    {
        [0xEF, 0xBB, 0xBF, ..] => file[3..],
        [0xFF, 0xFE, ..] => Encoding.UTF8.GetBytes(Encoding.Unicode.GetString(file.Span[2..])),
        [0xFE, 0xFF, ..] => Encoding.UTF8.GetBytes(Encoding.BigEndianUnicode.GetString(file.Span[2..])),
        _ => file,
    };
}
