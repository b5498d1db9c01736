using Portico.Model.Policies;
using Portico.Proxy.Answers;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Policies;

/// <summary>
/// Sends plain requests to https. Plain is what the effective scheme says, so a trusted <c>X-Forwarded-Proto: https</c>
/// stops the redirect, and <c>http</c> causes it even on a TLS connection. Immutable, shared by all shards.
/// </summary>
internal sealed class HttpsRedirectFilter(HttpsRedirectPolicy policy)
{
    public bool Applies(RequestContext context) =>
        context.EffectiveScheme.SequenceEqual("http"u8) && (policy.Always || context.Table?.HasCertificate(context.HostName) == true);

    /// <summary>Puts the Location into the request and says how to answer.</summary>
    public OwnAnswer Answer(RequestContext context)
    {
        // ingress-nginx would send the client to https://_ here; there is no place to name.
        if (!context.HasHost)
        {
            return OwnAnswer.For(AnswerReason.BadHost);
        }

        var location = context.Location;
        location.Clear();
        location.Append("https://"u8);
        location.Append(HostText.WithoutPort(context.BestHost));
        if (policy.Port is { } port)
        {
            location.Append((byte)':');
            location.AppendDecimal(port);
        }

        // The last character counts, also when the slash belongs to the query: /x?next=/ becomes /x?next=.
        var target = context.Head.PathAndQuery;
        location.Append(!policy.PreserveTrailingSlash && target[^1] == '/' ? target[..^1] : target);
        return OwnAnswer.For(AnswerReason.HttpsRedirect) with { Status = policy.Status };
    }
}
