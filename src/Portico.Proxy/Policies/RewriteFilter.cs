using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Portico.Model.Policies;
using Portico.Model.Text;
using Portico.Proxy.Answers;
using Portico.Proxy.Headers;
using Portico.Proxy.Requests;
using Portico.Proxy.Routing;
using Portico.Proxy.Routing.Patterns;

namespace Portico.Proxy.Policies;

/// <summary>
/// Replaces the path by a template, as nginx's <c>rewrite "(?i)path" target break</c>: the expression is looked for anywhere
/// in the decoded, normalised path; the whole path becomes the target; the query is kept. No match, no rewrite.
/// Immutable, shared by all shards.
/// </summary>
internal sealed class RewriteFilter
{
    private static readonly string[] AbsoluteStarts = ["http://", "https://", "$scheme"];

    /// <summary>Slots for so many groups are taken from the stack; more than nine cannot be named by number anyway.</summary>
    private const int StackSlots = 2 * 16;

    private readonly BytePattern _expression;
    private readonly CompiledTemplate _target;

    /// <summary>What stands behind a question mark in the target; null when there is none.</summary>
    private readonly CompiledTemplate? _arguments;

    private readonly CompiledTemplate? _forwardedPrefix;
    private readonly bool _redirects;
    private readonly bool _keepsQuery;

    private RewriteFilter(RewritePolicy policy, BytePattern expression)
    {
        _expression = expression;
        GroupNames = NumbersByName(expression);
        var target = policy.Target.Source;
        // nginx decides by the text of the target, not by what it evaluates to; a question mark at its end drops the query.
        _redirects = AbsoluteStarts.Any(s => target.StartsWith(s, StringComparison.Ordinal));
        _keepsQuery = !target.EndsWith('?');
        target = target.TrimEnd('?');
        var mark = _redirects ? -1 : target.IndexOf('?', StringComparison.Ordinal);
        _target = CompilePiece(policy.Target, mark < 0 ? target : target[..mark]);
        _arguments = mark < 0 ? null : CompilePiece(policy.Target, target[(mark + 1)..]);
        _forwardedPrefix = policy.ForwardedPrefix is null ? null : CompiledTemplate.Compile(policy.ForwardedPrefix, GroupNames);
        UnknownVariables = [.. _target.UnknownNames, .. _arguments?.UnknownNames ?? [], .. _forwardedPrefix?.UnknownNames ?? []];
    }

    /// <summary>The numbers of the expression's named groups, for other templates of the route.</summary>
    public IReadOnlyDictionary<string, int> GroupNames { get; }

    public ImmutableArray<string> UnknownVariables { get; }

    public static bool TryCompile(RewritePolicy policy, [NotNullWhen(true)] out RewriteFilter? filter, out string error)
    {
        filter = BytePattern.TryCompile(policy.Pattern, PatternScope.Anywhere, ignoreCase: true, out var expression, out error)
            ? new RewriteFilter(policy, expression)
            : null;
        return filter is not null;
    }

    /// <summary>Rewrites the request; answers when the target is another site, or when nothing is left of the path.</summary>
    public PolicyDecision Apply(RequestContext context)
    {
        if (!TryMatch(context))
        {
            return PolicyDecision.Continue;
        }

        return _redirects ? Redirect(context) : Rewrite(context);
    }

    private bool TryMatch(RequestContext context)
    {
        var path = context.NormalizedPath;
        Span<int> slots = stackalloc int[StackSlots];
        if (slots.Length < _expression.SlotCount)
        {
            slots = new int[_expression.SlotCount];
        }

        if (!_expression.TryMatch(path, slots))
        {
            return false;
        }

        var groups = context.Groups;
        groups.Clear();
        for (var i = 0; i < _expression.SlotCount; i += 2)
        {
            var start = groups.Text.Length;
            if (slots[i] >= 0)
            {
                var text = path[slots[i]..slots[i + 1]];
                // In a Location the decoded text would be a different one, or a second header line.
                if (_redirects)
                {
                    AppendEscaped(text, groups.Text);
                }
                else
                {
                    groups.Text.Append(text);
                }
            }

            groups.EndGroup(start);
        }

        return true;
    }

    /// <summary>nginx: a target on another site is a 302 to it, the query of the request behind it.</summary>
    private OwnAnswer Redirect(RequestContext context)
    {
        var location = context.Location;
        location.Clear();
        _target.Append(context, location);
        AppendQuery(context, location);
        HeaderValue.Clean(location.WrittenFrom(0));
        return new OwnAnswer(AnswerReason.Redirect, 302);
    }

    private PolicyDecision Rewrite(RequestContext context)
    {
        if (_forwardedPrefix is not null)
        {
            context.ForwardedPrefix.Clear();
            _forwardedPrefix.Append(context, context.ForwardedPrefix);
            HeaderValue.Clean(context.ForwardedPrefix.WrittenFrom(0));
        }

        var (path, target) = context.BeginRewrite();
        _target.Append(context, path);
        if (path.Length == 0)
        {
            // nginx: "the rewritten URI has a zero length".
            return OwnAnswer.For(AnswerReason.RewriteFailed);
        }

        // nginx would send a malformed request line here.
        if (path.Written[0] != '/')
        {
            target.Append((byte)'/');
        }

        AppendEscaped(path.Written, target);
        AppendArguments(context, target);
        AppendQuery(context, target);
        context.HasForwardedPrefix = _forwardedPrefix is not null;
        context.CompleteRewrite();
        return PolicyDecision.Continue;
    }

    private CompiledTemplate CompilePiece(Template whole, string text) =>
        CompiledTemplate.Compile(whole.IsLiteral ? Template.Literal(text) : Template.Parse(text), GroupNames);

    /// <summary>Arguments of the target. A group is decoded text: what would break the request line is encoded.</summary>
    private void AppendArguments(RequestContext context, ByteBuilder output)
    {
        if (_arguments is null)
        {
            return;
        }

        context.Scratch.Clear();
        _arguments.Append(context, context.Scratch);
        output.Append((byte)'?');
        foreach (var value in context.Scratch.Written)
        {
            if (value is > 0x20 and < 0x7F and not (byte)'#')
            {
                output.Append(value);
            }
            else
            {
                output.Append((byte)'%');
                output.AppendHex(value);
            }
        }
    }

    private void AppendQuery(RequestContext context, ByteBuilder output)
    {
        if (_keepsQuery && context.Query is { Length: > 0 } query)
        {
            output.Append(output.Written.Contains((byte)'?') ? (byte)'&' : (byte)'?');
            output.Append(query);
        }
    }

    private static void AppendEscaped(ReadOnlySpan<byte> path, ByteBuilder output) =>
        output.Advance(PathEscaping.Escape(path, output.Reserve(PathEscaping.EscapedLength(path))));

    /// <summary>nginx's variables are written in small letters, whatever the case of the group's name.</summary>
    private static Dictionary<string, int> NumbersByName(BytePattern expression)
    {
        var numbers = new Dictionary<string, int>();
        for (var number = 1; number < expression.GroupNames.Count; number++)
        {
            if (expression.GroupNames[number] is { } name)
            {
                numbers.TryAdd(name.ToLowerInvariant(), number);
            }
        }

        return numbers;
    }
}
