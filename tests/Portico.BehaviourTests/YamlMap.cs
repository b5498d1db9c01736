using YamlDotNet.RepresentationModel;

namespace Portico.BehaviourTests;

/// <summary>A YAML mapping that must be read whole: a key that nobody asked for is a mistake in the case, not a comment.</summary>
internal sealed class YamlMap(YamlMappingNode node, string where)
{
    private readonly HashSet<string> _read = [];

    public IEnumerable<string> Keys => node.Children.Keys.Select(Scalar);

    public static YamlMap Of(YamlNode node, string where) =>
        node is YamlMappingNode map ? new YamlMap(map, where) : throw new FormatException($"{where}: a mapping is expected");

    public static string Scalar(YamlNode node) =>
        node is YamlScalarNode { Value: { } value } ? value : throw new FormatException($"'{node}': a plain value is expected");

    public YamlNode? Node(string key)
    {
        _read.Add(key);
        return node.Children.TryGetValue(new YamlScalarNode(key), out var value) ? value : null;
    }

    public string? Text(string key) => Node(key) is { } value ? Scalar(value) : null;

    public IReadOnlyList<string> Texts(string key) => Node(key) switch
    {
        null => [],
        YamlSequenceNode list => [.. list.Children.Select(Scalar)],
        var single => [Scalar(single)],
    };

    public IReadOnlyList<YamlNode> Nodes(string key) => Node(key) switch
    {
        null => [],
        YamlSequenceNode list => [.. list.Children],
        var single => [single],
    };

    /// <summary>A mapping of plain values, or a list of one-entry mappings where a key repeats.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Pairs(string key) =>
        [.. Nodes(key).SelectMany(n => Of(n, $"{where}, {key}").Entries()).Select(e => KeyValuePair.Create(e.Key, Scalar(e.Value)))];

    public IEnumerable<KeyValuePair<string, YamlNode>> Entries() => node.Children.Select(e => KeyValuePair.Create(Scalar(e.Key), e.Value));

    public void RefuseUnread()
    {
        var unread = Keys.Where(k => !_read.Contains(k)).ToList();
        if (unread.Count > 0)
        {
            throw new FormatException($"{where}: unknown key {string.Join(", ", unread)}");
        }
    }
}
