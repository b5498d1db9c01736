using System.Text;
using Portico.Model.Policies;
using Portico.Proxy.Requests;
using Portico.Proxy.Routing.Patterns;

namespace Portico.Proxy.Balancing;

/// <summary>
/// Decides which requests of a main backend go to its canary, in ingress-nginx's order: sessions, then header, cookie, weight. Decided
/// once for a request; retries stay where it went. Immutable, shared by all shards.
/// </summary>
internal sealed class CanaryShare
{
    private readonly CanaryPolicy _policy;
    private readonly Variable? _header;
    private readonly Variable? _cookie;
    private readonly byte[]? _headerValue;
    private readonly BytePattern? _headerPattern;

    public CanaryShare(CanaryPolicy policy, BackendState backend)
    {
        _policy = policy;
        Backend = backend;
        _header = policy.Header is null ? null : new RequestHeaderVariable(policy.Header.ToLowerInvariant());
        _cookie = policy.Cookie is null ? null : new CookieVariable(policy.Cookie);
        _headerValue = policy.HeaderValue is null ? null : Encoding.UTF8.GetBytes(policy.HeaderValue);
        if (policy.HeaderPattern is { } text && !BytePattern.TryCompile(text, PatternScope.Anywhere, ignoreCase: false, out _headerPattern, out var cause))
        {
            Problem = $"{policy.Source}: canary-by-header-pattern '{text}': {cause}; requests with the header {policy.Header} stay with the main backend";
        }
    }

    public BackendState Backend { get; }

    /// <summary>Why the expression cannot be run; null when it can, or there is none.</summary>
    public string? Problem { get; }

    /// <param name="main">The backend that the canary hangs on; it has endpoints.</param>
    /// <param name="random">Evenly distributed over all values.</param>
    public bool Takes(RequestContext context, BackendState main, uint random)
    {
        var headers = context.Head.Headers;
        if (main.Affinity is { } mains && mains.IsBound(headers))
        {
            return false;
        }

        if (Backend.Current.Endpoints.Length == 0)
        {
            return false;
        }

        if (Backend.Affinity is { } own && own.IsBound(headers))
        {
            return true;
        }

        return (ByHeader(context) ?? ByCookie(context)) ?? ByWeight(random);
    }

    /// <summary>Null leaves it to what comes next.</summary>
    private bool? ByHeader(RequestContext context)
    {
        var value = context.Scratch;
        value.Clear();
        if (_header is null || !_header.TryAppend(context, value))
        {
            return null;
        }

        if (_headerValue is not null)
        {
            return value.Written.SequenceEqual(_headerValue) ? true : null;
        }

        if (_policy.HeaderPattern is not null)
        {
            // An expression that cannot be run ends the search: the main backend answers.
            return _headerPattern is null ? false : _headerPattern.IsMatch(value.Written) ? true : null;
        }

        return AlwaysOrNever(value.Written);
    }

    private bool? ByCookie(RequestContext context)
    {
        var value = context.Scratch;
        value.Clear();
        return _cookie is not null && _cookie.TryAppend(context, value) ? AlwaysOrNever(value.Written) : null;
    }

    private static bool? AlwaysOrNever(ReadOnlySpan<byte> value) =>
        value.SequenceEqual("always"u8) ? true : value.SequenceEqual("never"u8) ? false : null;

    /// <summary>One to total is drawn; up to the weight it is the canary's.</summary>
    private bool ByWeight(uint random) => (int)(((ulong)random * (uint)_policy.WeightTotal) >> 32) < _policy.Weight;
}
