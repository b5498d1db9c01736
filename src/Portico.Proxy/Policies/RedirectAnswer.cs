using System.Collections.Immutable;
using Portico.Model.Policies;
using Portico.Proxy.Answers;
using Portico.Proxy.Headers;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Policies;

/// <summary>A redirect to a fixed place: permanent-redirect, temporal-redirect, app-root, added slashes. Immutable, shared by all shards.</summary>
internal sealed class RedirectAnswer
{
    private readonly RedirectPolicy _policy;
    private readonly CompiledTemplate _location;

    public RedirectAnswer(RedirectPolicy policy)
    {
        _policy = policy;
        _location = CompiledTemplate.Compile(policy.Location);
    }

    public ImmutableArray<string> UnknownVariables => _location.UnknownNames;

    /// <summary>Puts the Location into the request and says how to answer.</summary>
    public OwnAnswer Answer(RequestContext context)
    {
        var location = context.Location;
        location.Clear();
        context.Scratch.Clear();
        _location.Append(context, context.Scratch);
        if (!_policy.Relative && context.Scratch.Length > 0 && context.Scratch.Written[0] == '/')
        {
            AppendOrigin(context, location);
        }

        location.Append(context.Scratch.Written);
        if (_policy.KeepQuery && context.Query is { Length: > 0 } query)
        {
            location.Append((byte)'?');
            location.Append(query);
        }

        if (_policy.CutTrailingSlash && location.Written is [.., (byte)'/'])
        {
            location.Truncate(location.Length - 1);
        }

        HeaderValue.Clean(location.WrittenFrom(0));
        // nginx: 300, 305 and 306 show the place as text and send no Location; 304 has no body at all.
        var body = _policy.Status switch
        {
            300 or 305 or 306 => AnswerBody.LocationText,
            304 => AnswerBody.None,
            _ => AnswerBody.StockPage,
        };
        return new OwnAnswer(AnswerReason.Redirect, _policy.Status, body);
    }

    /// <summary>
    /// Scheme and host of the request: those of the connection and the Host header, never of forwarded headers. Without a
    /// host (HTTP/1.0) the Location stays relative.
    /// </summary>
    private void AppendOrigin(RequestContext context, ByteBuilder location)
    {
        if (!context.HasHost)
        {
            return;
        }

        var host = _policy.Host == RedirectHost.HeaderAsSent && context.Head.Host is { Length: > 0 } sent ? sent : context.HostName;
        RequestOrigin.Append(context, host, _policy.WithPort, location);
    }
}
