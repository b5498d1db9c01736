using System.Globalization;
using System.Text;

namespace Portico.Install.GoTemplate;

/// <summary>
/// Reads the part of Go's text/template language that charts use: fields, variables, pipelines, if, with, range, define; trimming by
/// <c>{{-</c> and <c>-}}</c>; comments. <c>template</c>, <c>block</c>, <c>break</c> and methods are not part of it.
/// </summary>
internal sealed class TemplateParser
{
    private readonly string _name;
    private readonly string _text;
    private readonly Dictionary<string, List<TemplateNode>> _defined;
    private int _position;
    private int _line = 1;
    private bool _trimNext;

    private TemplateParser(string name, string text, Dictionary<string, List<TemplateNode>> defined) =>
        (_name, _text, _defined) = (name, text, defined);

    /// <summary>Reads a file; what it defines goes into <paramref name="defined"/>.</summary>
    /// <exception cref="TemplateException">The text is no template.</exception>
    public static List<TemplateNode> Parse(string name, string text, Dictionary<string, List<TemplateNode>> defined)
    {
        var parser = new TemplateParser(name, text, defined);
        var nodes = parser.Nodes(out var end);
        return end.Length == 0 ? nodes : throw parser.Error($"'{end}' without a block");
    }

    private TemplateException Error(string what) => new($"{_name}:{_line}: {what}");

    /// <summary>Reads pieces up to an <c>end</c> or <c>else</c> of the block around, or the end of the text.</summary>
    private List<TemplateNode> Nodes(out string end)
    {
        var nodes = new List<TemplateNode>();
        while (_position < _text.Length)
        {
            AddText(nodes);
            if (_position >= _text.Length)
            {
                break;
            }

            var line = _line;
            var action = TakeAction();
            if (action is null)
            {
                continue;
            }

            var tokens = new ActionTokens(_name, line, action);
            switch (tokens.Peek)
            {
                case "end" or "else":
                    end = action;
                    return nodes;
                case "if":
                    tokens.Take();
                    nodes.Add(IfBlock(line, tokens));
                    break;
                case "with":
                    tokens.Take();
                    nodes.Add(WithBlock(line, tokens));
                    break;
                case "range":
                    tokens.Take();
                    nodes.Add(RangeBlock(line, tokens));
                    break;
                case "define":
                    tokens.Take();
                    _defined[tokens.TakeString()] = Block(out _);
                    break;
                default:
                    nodes.Add(Plain(line, tokens));
                    break;
            }
        }

        end = "";
        return nodes;
    }

    private void AddText(List<TemplateNode> nodes)
    {
        var start = _text.IndexOf("{{", _position, StringComparison.Ordinal);
        var text = start < 0 ? _text[_position..] : _text[_position..start];
        var line = _line;
        _line += text.AsSpan().Count('\n');
        _position += text.Length;
        var trimmed = _trimNext ? text.TrimStart() : text;
        _trimNext = false;
        if (start >= 0 && _text.AsSpan(start).StartsWith("{{- "))
        {
            trimmed = trimmed.TrimEnd();
        }

        if (trimmed.Length > 0)
        {
            nodes.Add(new TemplateNode.Text(line, trimmed));
        }
    }

    /// <summary>Takes what stands between the braces; null for a comment.</summary>
    private string? TakeAction()
    {
        var begin = _position + 2;
        if (_text.AsSpan(begin).StartsWith("- "))
        {
            begin++;
        }

        var close = EndOfAction(begin);
        var action = _text[begin..close];
        _line += action.AsSpan().Count('\n');
        _position = close + 2;
        if (action.EndsWith(" -", StringComparison.Ordinal))
        {
            _trimNext = true;
            action = action[..^1];
        }

        action = action.Trim();
        return action.StartsWith("/*", StringComparison.Ordinal) ? null : action;
    }

    private int EndOfAction(int from)
    {
        var quote = '\0';
        for (var i = from; i + 1 < _text.Length; i++)
        {
            var c = _text[i];
            if (quote != '\0')
            {
                i += c == '\\' && quote == '"' ? 1 : 0;
                quote = c == quote ? '\0' : quote;
            }
            else if (c is '"' or '`')
            {
                quote = c;
            }
            else if (c == '}' && _text[i + 1] == '}')
            {
                return i;
            }
        }

        throw Error("the action has no end");
    }

    private List<TemplateNode> Block(out string end)
    {
        var nodes = Nodes(out end);
        return end.Length > 0 ? nodes : throw Error("a block has no end");
    }

    private List<TemplateNode> ElseBlock(int line, string end)
    {
        if (end == "end")
        {
            return [];
        }

        var rest = end["else".Length..].Trim();
        if (rest.Length > 0)
        {
            // "else if" is an if inside the else that shares its end.
            var tokens = new ActionTokens(_name, _line, rest);
            return tokens.Take() == "if" ? [IfBlock(line, tokens)] : throw Error($"'{end}' is not known");
        }

        return Block(out _);
    }

    private TemplateNode.If IfBlock(int line, ActionTokens tokens)
    {
        var condition = tokens.Pipeline();
        var then = Block(out var end);
        return new TemplateNode.If(line, condition, then, ElseBlock(line, end));
    }

    private TemplateNode.With WithBlock(int line, ActionTokens tokens)
    {
        var variable = tokens.TakeDeclaration(out _);
        var value = tokens.Pipeline();
        var then = Block(out var end);
        return new TemplateNode.With(line, variable, value, then, ElseBlock(line, end));
    }

    private TemplateNode.Range RangeBlock(int line, ActionTokens tokens)
    {
        var first = tokens.TakeDeclaration(out var second);
        var value = tokens.Pipeline();
        var each = Block(out var end);
        return second is null
            ? new TemplateNode.Range(line, null, first, value, each, ElseBlock(line, end))
            : new TemplateNode.Range(line, first, second, value, each, ElseBlock(line, end));
    }

    private static TemplateNode Plain(int line, ActionTokens tokens)
    {
        if (tokens.TakeAssignment(out var declares) is { } variable)
        {
            return new TemplateNode.Assign(line, variable, declares, tokens.Pipeline());
        }

        return new TemplateNode.Output(line, tokens.Pipeline());
    }

    /// <summary>The words of one action.</summary>
    private sealed class ActionTokens
    {
        private readonly string _name;
        private readonly int _line;
        private readonly List<string> _tokens = [];
        private int _next;

        public ActionTokens(string name, int line, string action)
        {
            (_name, _line) = (name, line);
            for (var i = 0; i < action.Length;)
            {
                var length = LengthOfToken(action, i);
                if (!char.IsWhiteSpace(action[i]))
                {
                    _tokens.Add(action.Substring(i, length));
                }

                i += length;
            }
        }

        public string Peek => _next < _tokens.Count ? _tokens[_next] : "";

        public string Take() => _next < _tokens.Count ? _tokens[_next++] : throw Error("the action ends too early");

        public string TakeString() => Unquote(Take());

        /// <summary><c>$x :=</c> or <c>$x, $y :=</c> in front of a pipeline.</summary>
        public string? TakeDeclaration(out string? second)
        {
            second = null;
            var declared = _tokens.IndexOf(":=");
            if (declared < 0)
            {
                return null;
            }

            var first = Take()[1..];
            if (Peek == ",")
            {
                Take();
                second = Take()[1..];
            }

            return Take() == ":=" ? first : throw Error("a declaration names one variable, or two with a comma between");
        }

        public string? TakeAssignment(out bool declares)
        {
            declares = false;
            if (_next + 1 >= _tokens.Count || _tokens[_next + 1] is not (":=" or "=") || Peek[0] != '$')
            {
                return null;
            }

            var variable = Take()[1..];
            declares = Take() == ":=";
            return variable;
        }

        /// <summary>Commands joined by bars: the value of each is the last argument of the next.</summary>
        public Expression Pipeline()
        {
            var value = Command();
            while (Peek == "|")
            {
                Take();
                value = Command() switch
                {
                    Expression.Call call => call with { Arguments = [.. call.Arguments, value] },
                    _ => throw Error("only a function can stand behind a bar"),
                };
            }

            return Peek is "" or ")" ? value : throw Error($"'{Peek}' is not expected");
        }

        private Expression Command()
        {
            if (IsFunction(Peek))
            {
                var function = Take();
                var arguments = new List<Expression>();
                while (Peek is not ("" or ")" or "|"))
                {
                    arguments.Add(Operand());
                }

                return new Expression.Call(function, arguments);
            }

            return Operand();
        }

        private Expression Operand()
        {
            var token = Take();
            if (token == "(")
            {
                var inner = Pipeline();
                return Take() == ")" ? inner : throw Error("a parenthesis is not closed");
            }

            return token[0] switch
            {
                '.' => new Expression.Field(PathOf(token)),
                '$' => VariableOf(token),
                '"' or '`' => new Expression.Literal(Unquote(token)),
                _ when token is "true" or "false" => new Expression.Literal(token == "true"),
                _ when token == "nil" => new Expression.Literal(null),
                _ when long.TryParse(token, CultureInfo.InvariantCulture, out var number) => new Expression.Literal(number),
                _ when IsFunction(token) => new Expression.Call(token, []),
                _ => throw Error($"'{token}' is not understood"),
            };
        }

        private static Expression.Variable VariableOf(string token)
        {
            var dot = token.IndexOf('.', StringComparison.Ordinal);
            return dot < 0
                ? new Expression.Variable(token[1..], [])
                : new Expression.Variable(token[1..dot], PathOf(token[dot..]));
        }

        private static string[] PathOf(string token) => token == "." ? [] : token[1..].Split('.');

        private static bool IsFunction(string token) =>
            token.Length > 0 && char.IsAsciiLetter(token[0]) && token is not ("true" or "false" or "nil");

        private static int LengthOfToken(string action, int start)
        {
            var c = action[start];
            if (c is '"' or '`')
            {
                return LengthOfString(action, start);
            }

            if (c is '(' or ')' or '|' or ',' or '=' || char.IsWhiteSpace(c))
            {
                return 1;
            }

            if (c == ':' && start + 1 < action.Length && action[start + 1] == '=')
            {
                return 2;
            }

            var end = start + 1;
            while (end < action.Length && action[end] is not ('(' or ')' or '|' or ',' or '=' or ':') && !char.IsWhiteSpace(action[end]))
            {
                end++;
            }

            return end - start;
        }

        private static int LengthOfString(string action, int start)
        {
            var end = start + 1;
            while (end < action.Length && action[end] != action[start])
            {
                end += action[end] == '\\' && action[start] == '"' ? 2 : 1;
            }

            return Math.Min(action.Length, end + 1) - start;
        }

        private string Unquote(string token)
        {
            if (token.Length < 2 || token[0] is not ('"' or '`') || token[^1] != token[0])
            {
                throw Error($"{token} is no text in quotes");
            }

            return token[0] == '`' ? token[1..^1] : Unescape(token[1..^1]);
        }

        private string Unescape(string text)
        {
            var result = new StringBuilder(text.Length);
            for (var i = 0; i < text.Length; i++)
            {
                if (text[i] != '\\')
                {
                    result.Append(text[i]);
                    continue;
                }

                result.Append(text[++i] switch
                {
                    'n' => '\n',
                    't' => '\t',
                    '"' => '"',
                    '\\' => '\\',
                    var other => throw Error($"the escape \\{other} is not known"),
                });
            }

            return result.ToString();
        }

        private TemplateException Error(string what) => new($"{_name}:{_line}: {what}");
    }
}
