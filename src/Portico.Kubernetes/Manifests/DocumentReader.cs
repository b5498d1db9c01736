using Portico.Kubernetes.Reading;
using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Manifests;

/// <summary>Turns the tree of one document into objects and errors. One instance a document, one thread.</summary>
internal sealed class DocumentReader(ManifestDocument document, int sourceBytes)
{
    private const string DefaultNamespace = "default";
    private const int MaxListDepth = 4;

    public void Read(YamlTree tree)
    {
        foreach (var root in tree.Error is null ? tree.Roots : [])
        {
            Read(root, "", default, 0);
        }

        if (tree.Error is { } error)
        {
            ReadBroken(tree.Roots, error);
        }
    }

    /// <summary>What the items of a typed list (IngressList) leave out.</summary>
    private readonly record struct Inherited(string? ApiVersion, string? Kind);

    private void Read(YamlNode root, string prefix, Inherited inherited, int depth)
    {
        if (root is YamlScalar { Kind: YamlScalarKind.Null })
        {
            return;
        }

        if (root is not YamlMapping mapping)
        {
            Fail(root.Line, null, Sentence(prefix) + "a manifest is a mapping with apiVersion, kind and metadata");
            return;
        }

        var (apiVersion, kindName) = (mapping.FindString("apiVersion") ?? inherited.ApiVersion, mapping.FindString("kind") ?? inherited.Kind);
        if (string.IsNullOrEmpty(kindName))
        {
            Fail(mapping.Line, null, prefix + "kind: required");
        }
        else if (IsList(apiVersion, kindName, mapping))
        {
            ReadList(mapping, prefix, apiVersion, kindName, depth);
        }
        else if (ManifestKinds.Find(apiVersion, kindName) is { } kind)
        {
            ReadObject(mapping, prefix, apiVersion, kindName, kind);
        }
        else if (string.IsNullOrEmpty(apiVersion))
        {
            Fail(mapping.Line, null, prefix + "apiVersion: required");
        }
        else
        {
            document.Skipped++;
        }
    }

    private static bool IsList(string? apiVersion, string kind, YamlMapping mapping) =>
        (apiVersion == "v1" && kind == "List")
        || (kind.EndsWith("List", StringComparison.Ordinal) && mapping.Find("items") is YamlSequence
            && ManifestKinds.Find(apiVersion, kind[..^"List".Length]) is not null);

    private void ReadList(YamlMapping list, string prefix, string? apiVersion, string kind, int depth)
    {
        var items = list.FindEntry("items");
        if (items is null or { Value: YamlScalar { Kind: YamlScalarKind.Null } })
        {
            return;
        }

        if (items.Value.Value is not YamlSequence sequence)
        {
            Fail(items.Value.Line, null, prefix + $"items: expected a list, found {Describe(items.Value.Value, hidden: false)}");
            return;
        }

        if (depth >= MaxListDepth)
        {
            Fail(list.Line, null, Sentence(prefix) + $"lists within lists, deeper than {MaxListDepth} levels");
            return;
        }

        var forItems = kind == "List" ? default : new Inherited(apiVersion, kind[..^"List".Length]);
        for (var i = 0; i < sequence.Items.Count; i++)
        {
            Read(sequence.Items[i], FormattableString.Invariant($"{prefix}items[{i}]."), forItems, depth + 1);
        }
    }

    private void ReadObject(YamlMapping mapping, string prefix, string? apiVersion, string kindName, ManifestKind kind)
    {
        var key = KeyOf(mapping, kind);
        if (Refusal(mapping, apiVersion, kindName, kind) is { } refusal)
        {
            Fail(mapping.FindEntry("apiVersion")?.Line ?? mapping.Line, key, prefix + refusal);
        }
        else if (JsonText.Write(mapping, sourceBytes) is not { } json)
        {
            Fail(mapping.Line, key, Sentence(prefix) + "aliases make the object too large");
        }
        else if (ResourceReader.Read(kind.Kind, json.Utf8, out var failure) is not { } read)
        {
            var (node, path) = json.Find(failure.Offset);
            var found = Describe(node, hidden: kind.Kind == ResourceKind.Secret);
            Fail(node.Line, key, $"{prefix}{(path.Length > 0 ? path + ": " : "")}expected {failure.Expected}, found {found}{Advice(node, failure.Expected, kind)}");
        }
        else if (read.Metadata.Name.Length == 0)
        {
            var generated = (mapping.Find("metadata") as YamlMapping)?.Find("generateName") is not null;
            Fail(mapping.FindEntry("metadata")?.Line ?? mapping.Line, key,
                $"{prefix}metadata.name: required{(generated ? " (generateName needs an API server)" : "")}");
        }
        else
        {
            document.Objects.Add(new(WithNamespace(read, kind), mapping.Line, ManifestReader.Fingerprint(json.Utf8)));
        }
    }

    private static string? Refusal(YamlMapping mapping, string? apiVersion, string kindName, ManifestKind kind)
    {
        if (kindName != kind.Name)
        {
            return $"kind: '{kindName}' is written {kind.Name}";
        }

        return apiVersion == kind.ApiVersion ? null
            : string.IsNullOrEmpty(apiVersion) ? $"apiVersion: required; write {kind.ApiVersion}"
            : kind.Kind == ResourceKind.Ingress && IngressV1Beta1.IsApiVersion(apiVersion) ? IngressV1Beta1.Explain(mapping, apiVersion)
            : $"apiVersion: there is no {kind.Name} in {apiVersion}; write {kind.ApiVersion}";
    }

    private static KubernetesObject WithNamespace(KubernetesObject read, ManifestKind kind)
    {
        var ns = NamespaceOf(read.Metadata.Namespace, kind);
        return ns == read.Metadata.Namespace ? read : read with { Metadata = read.Metadata with { Namespace = ns } };
    }

    private static string NamespaceOf(string? written, ManifestKind kind) =>
        !kind.Namespaced ? "" : string.IsNullOrEmpty(written) ? DefaultNamespace : written;

    /// <summary>
    /// Names the objects in what could be read of a broken text. One that names an object whose metadata is not
    /// complete might name the wrong one: its namespace may follow.
    /// </summary>
    private void ReadBroken(List<YamlNode> roots, YamlError error)
    {
        if (roots is not [YamlMapping root] || root.FindString("kind") is not { } kindName)
        {
            Fail(error.Line, null, error.Message);
            return;
        }

        var apiVersion = root.FindString("apiVersion");
        if (ManifestKinds.Find(apiVersion, kindName) is { } kind)
        {
            Fail(error.Line, KeyOf(root, kind), error.Message);
            return;
        }

        var mayHoldObjects = kindName.EndsWith("List", StringComparison.Ordinal);
        document.Errors.Add(new(error.Line, null, mayHoldObjects, error.Message));
    }

    private static ObjectKey? KeyOf(YamlMapping root, ManifestKind kind)
    {
        if (root.Find("metadata") is not YamlMapping metadata || metadata.FindString("name") is not { Length: > 0 } name)
        {
            return null;
        }

        var ns = metadata.FindString("namespace");
        return metadata.Complete || ns is not null || !kind.Namespaced ? new ObjectKey(kind.Kind, NamespaceOf(ns, kind), name) : null;
    }

    private static string Sentence(string prefix) => prefix.Length == 0 ? "" : prefix.TrimEnd('.') + ": ";

    private void Fail(int line, ObjectKey? key, string message) => document.Errors.Add(new(line, key, key is null, message));

    /// <param name="hidden">True where the value may be a secret, which must not reach a log.</param>
    private static string Describe(YamlNode node, bool hidden) => node switch
    {
        YamlMapping => "a mapping",
        YamlSequence => "a list",
        YamlScalar { Kind: YamlScalarKind.Null } => "nothing",
        YamlScalar scalar when hidden => "a " + Name(scalar.Kind),
        YamlScalar { Kind: YamlScalarKind.String } scalar => $"'{Shorten(scalar.Text)}'",
        YamlScalar scalar => $"the {Name(scalar.Kind)} {Shorten(scalar.Text)}",
        _ => "nothing",
    };

    private static string Name(YamlScalarKind kind) => kind switch
    {
        YamlScalarKind.Number => "number",
        YamlScalarKind.Boolean => "boolean",
        _ => "string",
    };

    private static string Advice(YamlNode node, string expected, ManifestKind kind) => node switch
    {
        YamlScalar { Kind: YamlScalarKind.Number or YamlScalarKind.Boolean } scalar when expected == "a string" =>
            kind.Kind == ResourceKind.Secret ? "; quote it" : $"; quote it: \"{Shorten(scalar.Text)}\"",
        YamlScalar { Kind: YamlScalarKind.String } scalar when expected is "a number" or "true or false"
            && YamlScalars.Plain(scalar.Line, scalar.Text).Kind == (expected == "a number" ? YamlScalarKind.Number : YamlScalarKind.Boolean) =>
            $"; write it without quotes: {scalar.Text}",
        _ => "",
    };

    private static string Shorten(string text)
    {
        const int Longest = 60;
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= Longest ? line : line[..Longest] + "…";
    }
}
