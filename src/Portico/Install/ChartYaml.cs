using System.Globalization;
using System.Text;
using Portico.Install.GoTemplate;
using Portico.Kubernetes.Manifests;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Portico.Install;

/// <summary>Values as YAML, read and written: maps with sorted keys, as sigs.k8s.io/yaml writes them.</summary>
internal static class ChartYaml
{
    /// <exception cref="FormatException">The text is no YAML map; the message says where.</exception>
    public static Dictionary<string, object?> ReadMap(string text, string source)
    {
        var tree = YamlTree.Parse(text);
        if (tree.Error is { } error)
        {
            throw new FormatException($"{source}:{error.Line}: {error.Message}");
        }

        return tree.Roots switch
        {
            [] => [],
            [YamlMapping mapping] => (Dictionary<string, object?>)ToValue(mapping)!,
            [YamlScalar { Kind: YamlScalarKind.Null }] => [],
            _ => throw new FormatException($"{source}: expected one map of values"),
        };
    }

    /// <summary>A value as the right side of <c>--set</c> means it.</summary>
    public static object? ReadScalar(string text) => ToValue(YamlScalars.Plain(1, text));

    public static string Write(object? value)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        var emitter = new Emitter(text, new EmitterSettings(bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024, indentSequences: false));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(emitter, value);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString().TrimEnd();
    }

    private static void Emit(Emitter emitter, object? value)
    {
        switch (value)
        {
            case Dictionary<string, object?> map:
                emitter.Emit(new MappingStart(null, null, isImplicit: true, map.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach (var (key, item) in TemplateValues.Sorted(map))
                {
                    EmitScalar(emitter, key);
                    Emit(emitter, item);
                }

                emitter.Emit(new MappingEnd());
                break;
            case List<object?> list:
                emitter.Emit(new SequenceStart(null, null, isImplicit: true, list.Count == 0 ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (var item in list)
                {
                    Emit(emitter, item);
                }

                emitter.Emit(new SequenceEnd());
                break;
            case string text:
                EmitScalar(emitter, text);
                break;
            default:
                emitter.Emit(new Scalar(null, null, value is null ? "null" : TemplateValues.ToText(value), ScalarStyle.Plain, isPlainImplicit: true, isQuotedImplicit: false));
                break;
        }
    }

    /// <summary>A text that would be read as something else than a text is quoted.</summary>
    private static void EmitScalar(Emitter emitter, string text)
    {
        var style = text.Contains('\n', StringComparison.Ordinal) ? ScalarStyle.Literal
            : YamlScalars.Plain(1, text).Kind != YamlScalarKind.String || text is "y" or "n" or "Y" or "N" || text.Trim() != text ? ScalarStyle.DoubleQuoted
            : ScalarStyle.Any;
        emitter.Emit(new Scalar(null, null, text, style, isPlainImplicit: true, isQuotedImplicit: true));
    }

    private static object? ToValue(YamlNode node) => node switch
    {
        YamlMapping mapping => mapping.Entries.ToDictionary(e => e.Key, e => ToValue(e.Value), StringComparer.Ordinal),
        YamlSequence sequence => sequence.Items.Select(ToValue).ToList(),
        YamlScalar { Kind: YamlScalarKind.Null } => null,
        YamlScalar { Kind: YamlScalarKind.Boolean } flag => flag.Value == "true",
        YamlScalar { Kind: YamlScalarKind.Number } number =>
            long.TryParse(number.Value, CultureInfo.InvariantCulture, out var whole) ? whole : double.Parse(number.Value, CultureInfo.InvariantCulture),
        YamlScalar text => text.Value,
        _ => throw new InvalidOperationException(),
    };
}
