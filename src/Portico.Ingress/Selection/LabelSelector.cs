using System.Collections.Immutable;

namespace Portico.Ingress.Selection;

/// <summary>
/// A Kubernetes label selector in its text form: requirements joined by commas, each one
/// <c>key=value</c>, <c>key==value</c>, <c>key!=value</c>, <c>key in (a, b)</c>, <c>key notin (a, b)</c>, <c>key</c> or <c>!key</c>.
/// </summary>
public sealed class LabelSelector
{
    private readonly ImmutableArray<Requirement> _requirements;

    private LabelSelector(ImmutableArray<Requirement> requirements) => _requirements = requirements;

    private enum Operation
    {
        In,
        NotIn,
        Exists,
        Missing,
    }

    public static bool TryParse(string text, out LabelSelector selector, out string error)
    {
        selector = new LabelSelector([]);
        error = "";
        var requirements = ImmutableArray.CreateBuilder<Requirement>();
        foreach (var part in SplitOutsideBraces(text))
        {
            if (part.Length == 0 && text.Trim().Length == 0)
            {
                break;
            }

            if (ParseRequirement(part) is not { } requirement)
            {
                error = $"'{part}' is no label requirement";
                return false;
            }

            requirements.Add(requirement);
        }

        selector = new LabelSelector(requirements.ToImmutable());
        return true;
    }

    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        foreach (var requirement in _requirements)
        {
            if (!requirement.Holds(labels))
            {
                return false;
            }
        }

        return true;
    }

    private static IEnumerable<string> SplitOutsideBraces(string text)
    {
        var depth = 0;
        var from = 0;
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (text[i] == ',' && depth == 0)
            {
                yield return text[from..i].Trim();
                from = i + 1;
            }
        }

        yield return text[from..].Trim();
    }

    private static Requirement? ParseRequirement(string text)
    {
        if (text.StartsWith('!'))
        {
            return Make(text[1..], Operation.Missing, []);
        }

        if (text.EndsWith(')') && text.IndexOf('(') is var open and > 0)
        {
            var head = text[..open].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            var values = text[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries).ToImmutableArray();
            return head switch
            {
                [var key, "in"] => Make(key, Operation.In, values),
                [var key, "notin"] => Make(key, Operation.NotIn, values),
                _ => null,
            };
        }

        var sign = text.IndexOf('=');
        if (sign < 0)
        {
            return Make(text, Operation.Exists, []);
        }

        var negated = sign > 0 && text[sign - 1] == '!';
        var value = text[(sign + 1)..];
        value = !negated && value.StartsWith('=') ? value[1..] : value;
        return Make(text[..(negated ? sign - 1 : sign)], negated ? Operation.NotIn : Operation.In, [value.Trim()]);
    }

    private static Requirement? Make(string key, Operation operation, ImmutableArray<string> values)
    {
        key = key.Trim();
        var valid = key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/')
            && values.All(v => v.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'));
        return valid ? new Requirement(key, operation, values) : null;
    }

    private sealed record Requirement(string Key, Operation Operation, ImmutableArray<string> Values)
    {
        public bool Holds(IReadOnlyDictionary<string, string> labels)
        {
            var present = labels.TryGetValue(Key, out var value);
            return Operation switch
            {
                Operation.In => present && Values.Contains(value!),
                Operation.NotIn => !present || !Values.Contains(value!),
                Operation.Exists => present,
                _ => !present,
            };
        }
    }
}
