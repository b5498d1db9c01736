using Portico.Kubernetes.Manifests;

namespace Portico.Fuzz.Targets;

/// <summary>ManifestReader never throws, gives up on nothing silently, and reads a file that it knows from before as if for the first time.</summary>
internal sealed class ManifestTarget : FuzzTarget
{
    public override string Name => "manifest";

    public override IReadOnlyList<string> Words { get; } =
    [
        "\n", "\r\n", "---\n", "\n...\n", "  ", "- ", ": ", "? ", "# ", "&a ", "*a", "<<: *a", "|\n", ">-\n", "\"", "'", "{", "}", "[", "]", ",", "!!binary ", "!!str ", "!x ",
        "null", "~", "true", "yes", "0x1f", "1e99", ".inf", "-1", "99999999999999999999", "%YAML 1.1\n", "\t", "\\x00", "\u00FF\u00FE", "\u00EF\u00BB\u00BF", "\u00FE\u00FF",
        "apiVersion: v1\n", "kind: Service\n", "kind: List\n", "kind: Ingress\n", "items:\n", "metadata:\n", "name: a\n", "namespace: b\n", "spec:\n", "rules:\n", "ports:\n",
        "port: 80\n", "data:\n", "creationTimestamp: 2026-01-01T00:00:00Z\n", "{\"apiVersion\":\"v1\",\"kind\":\"Secret\"}",
    ];

    public override FuzzVerdict Check(byte[] input)
    {
        var first = ManifestReader.Read(input);
        var again = ManifestReader.Read(input, first);
        var problem = Describe(first) == Describe(again) ? null : $"first: {Describe(first)}\nagain: {Describe(again)}";
        var message = first.Errors.Count > 0 ? first.Errors[0].Message : "";
        return new FuzzVerdict($"{Math.Min(3, first.Objects.Count)} {Math.Min(2, first.Skipped)} {message[..Math.Min(12, message.Length)]}", problem ?? CheckLines(first, input));
    }

    private static string? CheckLines(ManifestContent content, byte[] input)
    {
        // YAML knows more line ends than LF, and UTF-16 doubles its bytes: a line can be no more than this.
        var most = input.Length + 2;
        var lines = content.Objects.Select(o => o.Line).Concat(content.Errors.Select(e => e.Line));
        return lines.All(line => line >= 1 && line <= most) ? null : $"lines out of range: {Describe(content)}";
    }

    private static string Describe(ManifestContent content) =>
        $"{content.Skipped} skipped; {string.Join(", ", content.Objects.Select(o => $"{o.Line} {o.Fingerprint:x}"))}; {string.Join(", ", content.Errors)}";
}
