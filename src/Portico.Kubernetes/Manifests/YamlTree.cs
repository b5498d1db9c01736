using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Portico.Kubernetes.Manifests;

/// <summary>What is wrong with a document's text; the line counts from 1 within the document.</summary>
internal readonly record struct YamlError(int Line, string Message);

/// <summary>
/// Builds the tree of one document from YamlDotNet's parser events. After an error the part that was read remains,
/// so that the object may still be named. Anchors are known from the end of their node on: no tree has a cycle.
/// </summary>
internal sealed class YamlTree
{
    /// <summary>Deeper than any API type or CRD schema; bounds the recursion.</summary>
    private const int MaxDepth = 200;

    /// <summary>Merge keys copy entries; a text of a megabyte could ask for billions of copies.</summary>
    private const int MaxMergedEntries = 100_000;

    private const string TagPrefix = "tag:yaml.org,2002:";

    private readonly Parser _parser;
    private readonly Dictionary<string, YamlNode> _anchors = new(StringComparer.Ordinal);
    private readonly List<string> _path = [];
    private int _mergedEntries;
    private bool _stopped;

    private YamlTree(string text) => _parser = new Parser(new StringReader(text));

    /// <summary>The roots of the documents in the text; usually one.</summary>
    public List<YamlNode> Roots { get; } = [];

    /// <summary>The first error; what comes after it is often its echo.</summary>
    public YamlError? Error { get; private set; }

    public static YamlTree Parse(string text)
    {
        var tree = new YamlTree(text);
        try
        {
            while (!tree._stopped && tree._parser.MoveNext())
            {
                if (tree._parser.Current is NodeEvent)
                {
                    tree.Node(tree.Roots.Add);
                }
            }
        }
        catch (YamlException error)
        {
            tree.Fail((int)Math.Max(1, error.Start.Line), Sentence(error.Message));
        }
#pragma warning disable CA1031 // No text may throw out of here, and the parser of others has faults beside its own exception type.
        catch (Exception error) when (error is not OutOfMemoryException)
#pragma warning restore CA1031
        {
            tree.Fail((int)Math.Max(1, tree._parser.Current?.Start.Line ?? 1), "not YAML: " + Sentence(error.Message));
        }

        return tree;
    }

    private static string Sentence(string message) =>
        message.Length > 0 ? char.ToLowerInvariant(message[0]) + message[1..].TrimEnd('.') : "cannot be read";

    private void Fail(int line, string message) => Error ??= new YamlError(line, message);

    private void Stop(int line, string message)
    {
        Fail(line, message);
        _stopped = true;
    }

    private int Line => (int)_parser.Current!.Start.Line;

    /// <summary>
    /// Reads the node at the current event. It is handed to its parent before its children are read, so that an
    /// error in a child leaves it in the tree.
    /// </summary>
    private void Node(Action<YamlNode> attach)
    {
        switch (_parser.Current)
        {
            case AnchorAlias alias:
                attach(Resolve(alias));
                break;
            case Scalar scalar:
                var value = Value(scalar);
                attach(value);
                Remember(scalar, value);
                break;
            case SequenceStart start:
                var sequence = new YamlSequence(Line);
                attach(sequence);
                Sequence(sequence);
                Remember(start, sequence);
                break;
            case MappingStart start:
                var mapping = new YamlMapping(Line);
                attach(mapping);
                Mapping(mapping);
                Remember(start, mapping);
                break;
            default:
                Stop(Line, "not a value");
                break;
        }
    }

    private void Remember(NodeEvent node, YamlNode value)
    {
        if (!node.Anchor.IsEmpty)
        {
            _anchors[node.Anchor.Value] = value;
        }
    }

    private YamlNode Resolve(AnchorAlias alias)
    {
        if (_anchors.TryGetValue(alias.Value.Value, out var node))
        {
            return node;
        }

        Fail(Line, $"{At()}the alias *{alias.Value.Value} refers to no anchor before it");
        return YamlScalars.Plain(Line, "");
    }

    private YamlScalar Value(Scalar scalar)
    {
        if (scalar.Tag.IsEmpty)
        {
            return scalar.IsPlainImplicit ? YamlScalars.Plain(Line, scalar.Value) : YamlScalars.String(Line, scalar.Value);
        }

        if (scalar.Tag.IsNonSpecific || !scalar.Tag.Value.StartsWith(TagPrefix, StringComparison.Ordinal))
        {
            return YamlScalars.String(Line, scalar.Value);
        }

        switch (scalar.Tag.Value[TagPrefix.Length..])
        {
            case "int" or "float" or "bool" or "null":
                return YamlScalars.Plain(Line, scalar.Value);
            case "binary":
                Fail(Line, $"{At()}the tag !!binary has no meaning in a manifest; write base64 text without it");
                return YamlScalars.String(Line, scalar.Value);
            default:
                return YamlScalars.String(Line, scalar.Value);
        }
    }

    private void Sequence(YamlSequence sequence)
    {
        if (!Enter(sequence))
        {
            return;
        }

        while (!_stopped && _parser.MoveNext() && _parser.Current is not SequenceEnd)
        {
            _path.Add($"[{sequence.Items.Count.ToString(CultureInfo.InvariantCulture)}]");
            Node(sequence.Items.Add);
            Leave();
        }
    }

    private void Mapping(YamlMapping mapping)
    {
        if (!Enter(mapping))
        {
            return;
        }

        List<(YamlNode Source, int Line)>? merges = null;
        while (!_stopped && _parser.MoveNext() && _parser.Current is not MappingEnd)
        {
            var (key, line, isMerge) = Key();
            if (_stopped || !_parser.MoveNext())
            {
                return;
            }

            _path.Add(key);
            if (isMerge)
            {
                Node(source => (merges ??= []).Add((source, line)));
            }
            else
            {
                Node(value => Add(mapping, new YamlEntry(key, line, value)));
            }

            Leave();
        }

        mapping.Complete = !_stopped;
        foreach (var (source, line) in merges ?? [])
        {
            Merge(mapping, source, line);
        }
    }

    private bool Enter(YamlNode node)
    {
        if (_path.Count >= MaxDepth)
        {
            Stop(node.Line, $"nested deeper than {MaxDepth} levels");
            return false;
        }

        return true;
    }

    private void Leave() => _path.RemoveAt(_path.Count - 1);

    /// <summary>Keys are strings in JSON: numbers and booleans become their JSON text, as kubectl writes them.</summary>
    private (string Key, int Line, bool IsMerge) Key()
    {
        var line = Line;
        if (_parser.Current is not Scalar scalar)
        {
            Stop(line, $"{At()}a key must be a string");
            return ("", line, false);
        }

        var key = Value(scalar);
        if (key.Kind == YamlScalarKind.Null)
        {
            Fail(line, $"{At()}a key must not be empty");
        }

        return (key.Value, line, scalar.IsPlainImplicit && scalar.Value == "<<");
    }

    private void Add(YamlMapping mapping, YamlEntry entry)
    {
        if (!mapping.TryAdd(entry))
        {
            var first = mapping.FindEntry(entry.Key)!.Value.Line;
            Fail(entry.Line, $"{At()}given twice in one mapping (first {(entry.Line - first) switch { 0 => "in the same line", 1 => "one line above", var n => $"{n} lines above" }})");
        }
    }

    /// <summary>https://yaml.org/type/merge.html: what the mapping says itself wins, then the earlier source.</summary>
    private void Merge(YamlMapping mapping, YamlNode source, int line)
    {
        switch (source)
        {
            case YamlMapping other:
                _mergedEntries += other.Entries.Count;
                if (_mergedEntries > MaxMergedEntries)
                {
                    Stop(line, $"merge keys copy more than {MaxMergedEntries} entries");
                    return;
                }

                foreach (var entry in other.Entries)
                {
                    mapping.TryAdd(entry);
                }

                break;
            case YamlSequence { Items: var items } when items.TrueForAll(static item => item is YamlMapping):
                foreach (var item in items)
                {
                    Merge(mapping, item, line);
                }

                break;
            default:
                Fail(line, $"{At()}a merge key (<<) needs a mapping or a list of mappings");
                break;
        }
    }

    private string At() => _path.Count == 0 ? "" : FieldPath.Join(_path) + ": ";
}
