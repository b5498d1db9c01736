using System.Text;

namespace Portico.Install.GoTemplate;

/// <summary>
/// Evaluates templates as Helm does, on values of these types: null, bool, long, double, string, list, dictionary. A field that is not
/// there is null; a map is walked in the order of its keys.
/// </summary>
internal sealed class TemplateEngine
{
    private const int DeepestInclude = 100;

    private readonly Dictionary<string, List<TemplateNode>> _defined = new(StringComparer.Ordinal);
    private readonly TemplateFunctions _functions;
    private int _depth;

    public TemplateEngine() => _functions = new TemplateFunctions(Include);

    /// <summary>Reads a file and what it defines.</summary>
    /// <exception cref="TemplateException">The text is no template.</exception>
    public List<TemplateNode> Read(string name, string text) => TemplateParser.Parse(name, text, _defined);

    /// <exception cref="TemplateException">The template asks for what there is not, or fails on purpose.</exception>
    public string Render(string name, List<TemplateNode> nodes, object? dot)
    {
        var output = new StringBuilder();
        new Evaluation(this, name, dot, output).Run(nodes, dot);
        return output.ToString();
    }

    private string Include(string name, object? dot)
    {
        if (!_defined.TryGetValue(name, out var nodes))
        {
            throw new TemplateException($"there is no template \"{name}\"");
        }

        if (++_depth > DeepestInclude)
        {
            throw new TemplateException($"the template \"{name}\" includes itself");
        }

        var text = Render(name, nodes, dot);
        _depth--;
        return text;
    }

    /// <summary>One run over one template, with its variables.</summary>
    private sealed class Evaluation(TemplateEngine engine, string name, object? root, StringBuilder output)
    {
        private readonly List<(string Name, object? Value)> _variables = [("", root)];

        public void Run(List<TemplateNode> nodes, object? dot)
        {
            var scope = _variables.Count;
            foreach (var node in nodes)
            {
                try
                {
                    Run(node, dot);
                }
                catch (TemplateException e) when (!e.Message.StartsWith(name + ":", StringComparison.Ordinal))
                {
                    throw new TemplateException($"{name}:{node.Line}: {e.Message}");
                }
            }

            _variables.RemoveRange(scope, _variables.Count - scope);
        }

        private void Run(TemplateNode node, object? dot)
        {
            switch (node)
            {
                case TemplateNode.Text text:
                    output.Append(text.Value);
                    break;
                case TemplateNode.Output action:
                    output.Append(TemplateValues.ToText(Evaluate(action.Value, dot)));
                    break;
                case TemplateNode.Assign assign:
                    Assign(assign, Evaluate(assign.Value, dot));
                    break;
                case TemplateNode.If choice:
                    Run(TemplateValues.IsTrue(Evaluate(choice.Condition, dot)) ? choice.Then : choice.Else, dot);
                    break;
                case TemplateNode.With with:
                    RunWith(with, dot);
                    break;
                case TemplateNode.Range range:
                    RunRange(range, dot);
                    break;
            }
        }

        private void RunWith(TemplateNode.With with, object? dot)
        {
            var value = Evaluate(with.Value, dot);
            if (!TemplateValues.IsTrue(value))
            {
                Run(with.Else, dot);
                return;
            }

            RunInScope(with.Then, value, (with.Variable, value));
        }

        private void RunRange(TemplateNode.Range range, object? dot)
        {
            var value = Evaluate(range.Value, dot);
            if (!TemplateValues.IsTrue(value))
            {
                Run(range.Else, dot);
                return;
            }

            foreach (var (key, item) in TemplateValues.Items(value))
            {
                RunInScope(range.Each, item, (range.KeyVariable, key), (range.ValueVariable, item));
            }
        }

        private void RunInScope(List<TemplateNode> nodes, object? dot, params ReadOnlySpan<(string? Name, object? Value)> variables)
        {
            var scope = _variables.Count;
            foreach (var (variable, value) in variables)
            {
                if (variable is not null)
                {
                    _variables.Add((variable, value));
                }
            }

            Run(nodes, dot);
            _variables.RemoveRange(scope, _variables.Count - scope);
        }

        private void Assign(TemplateNode.Assign assign, object? value)
        {
            if (assign.Declares)
            {
                _variables.Add((assign.Variable, value));
                return;
            }

            _variables[IndexOf(assign.Variable)] = (assign.Variable, value);
        }

        private int IndexOf(string variable) => _variables.FindLastIndex(v => v.Name == variable) is >= 0 and var index
            ? index
            : throw new TemplateException($"there is no variable ${variable}");

        private object? Evaluate(Expression expression, object? dot) => expression switch
        {
            Expression.Literal literal => literal.Value,
            Expression.Field field => TemplateValues.Walk(dot, field.Path),
            Expression.Variable variable => TemplateValues.Walk(_variables[IndexOf(variable.Name)].Value, variable.Path),
            Expression.Call call => Call(call, dot),
            _ => throw new InvalidOperationException(),
        };

        private object? Call(Expression.Call call, object? dot)
        {
            // "and" and "or" evaluate no further than they must.
            if (call.Function is "and" or "or")
            {
                object? last = null;
                foreach (var argument in call.Arguments)
                {
                    last = Evaluate(argument, dot);
                    if (TemplateValues.IsTrue(last) == (call.Function == "or"))
                    {
                        break;
                    }
                }

                return last;
            }

            return engine._functions.Call(call.Function, [.. call.Arguments.Select(a => Evaluate(a, dot))]);
        }
    }
}
