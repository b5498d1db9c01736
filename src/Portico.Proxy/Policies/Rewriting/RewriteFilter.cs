using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Portico.Model.Policies;
using Portico.Model.Text;
using Portico.Proxy.Answers;
using Portico.Proxy.Headers;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Policies.Rewriting;

/// <summary>
/// Replaces the path by a template, as nginx's <c>rewrite "(?i)path" target break</c>: the expression is looked for anywhere
/// in the decoded, normalised path; the whole path becomes the target; the query is kept. No match, no rewrite.
/// Immutable, shared by all shards.
/// </summary>
internal sealed class RewriteFilter
{
    private static readonly string[] AbsoluteStarts = ["http://", "https://", "$scheme"];

    private readonly RewriteExpression _expression;
    private readonly CompiledTemplate _target;
    private readonly CompiledTemplate? _forwardedPrefix;
    private readonly bool _redirects;

    private RewriteFilter(RewritePolicy policy, RewriteExpression expression)
    {
        _expression = expression;
        _target = CompiledTemplate.Compile(policy.Target, expression.GroupNames);
        _forwardedPrefix = policy.ForwardedPrefix is null
            ? null
            : CompiledTemplate.Compile(policy.ForwardedPrefix, expression.GroupNames);
        // nginx decides by the text of the target, not by what it evaluates to.
        _redirects = AbsoluteStarts.Any(s => policy.Target.Source.StartsWith(s, StringComparison.Ordinal));
        UnknownVariables = [.. _target.UnknownNames, .. _forwardedPrefix?.UnknownNames ?? []];
    }

    /// <summary>The numbers of the expression's named groups, for other templates of the route.</summary>
    public IReadOnlyDictionary<string, int> GroupNames => _expression.GroupNames;

    public ImmutableArray<string> UnknownVariables { get; }

    public static bool TryCompile(RewritePolicy policy, [NotNullWhen(true)] out RewriteFilter? filter, out string error)
    {
        filter = RewriteExpression.TryCompile(policy.Pattern, out var expression, out error) ? new RewriteFilter(policy, expression) : null;
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
        Span<int> slots = stackalloc int[64];
        if (slots.Length < 2 * _expression.GroupCount)
        {
            slots = new int[2 * _expression.GroupCount];
        }

        if (!_expression.TryMatch(path, slots))
        {
            return false;
        }

        var groups = context.Groups;
        groups.Clear();
        for (var i = 0; i < _expression.GroupCount; i++)
        {
            var start = groups.Text.Length;
            if (slots[2 * i] >= 0)
            {
                var text = path[slots[2 * i]..slots[(2 * i) + 1]];
                // In a Location the decoded text would be a different one, or a second header line.
                if (_redirects)
                {
                    RewriteEscaping.Append(text, groups.Text);
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

        RewriteEscaping.Append(path.Written, target);
        AppendQuery(context, target);
        context.HasForwardedPrefix = _forwardedPrefix is not null;
        context.CompleteRewrite();
        return PolicyDecision.Continue;
    }

    private static void AppendQuery(RequestContext context, ByteBuilder output)
    {
        if (context.Head.Query is { Length: > 0 } query)
        {
            output.Append(output.Written.Contains((byte)'?') ? (byte)'&' : (byte)'?');
            output.Append(query);
        }
    }
}
