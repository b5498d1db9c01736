using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Portico.Http.Messages;
using Portico.Model.Policies;
using Portico.Proxy.Headers;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Policies;

/// <summary>
/// Cross-origin answers. The policy applies to a request when its list is <c>*</c>, or when its Origin is on the list;
/// otherwise nothing is added, nothing removed, and OPTIONS goes to the backend. Immutable, shared by all shards.
/// <para>
/// Origins are compared from end to end, letters in either case. (ingress-nginx does not anchor the start:
/// <c>xhttps://origin.com</c> passes there.)
/// </para>
/// </summary>
internal sealed class CorsFilter
{
    private readonly bool _anyOrigin;
    private readonly ImmutableArray<AllowedOrigin> _origins;
    private readonly ImmutableArray<HeaderSetter> _fixedHeaders;

    /// <param name="replaced">Headers that the route sets by other means; they are left to those.</param>
    public CorsFilter(CorsPolicy policy, HeaderIdSet replaced)
    {
        _anyOrigin = policy.AllowOrigins is ["*"];
        _origins = [.. policy.AllowOrigins.Select(o => new AllowedOrigin(o))];
        var headers = new List<HeaderSetter>();
        if (policy.AllowCredentials)
        {
            headers.Add(HeaderSetter.Fixed("Access-Control-Allow-Credentials", "true"));
        }

        headers.Add(HeaderSetter.Fixed("Access-Control-Allow-Methods", policy.AllowMethods));
        headers.Add(HeaderSetter.Fixed("Access-Control-Allow-Headers", policy.AllowHeaders));
        if (policy.ExposeHeaders.Length > 0)
        {
            headers.Add(HeaderSetter.Fixed("Access-Control-Expose-Headers", policy.ExposeHeaders));
        }

        headers.Add(HeaderSetter.Fixed("Access-Control-Max-Age", policy.MaxAgeSeconds.ToString(CultureInfo.InvariantCulture)));
        _fixedHeaders = [.. headers.Where(h => !replaced.Contains(h.Id))];
        SendsOrigin = !replaced.Contains(HeaderId.AccessControlAllowOrigin);
        Sets = HeaderIdSet.Of([.. _fixedHeaders.Select(h => h.Id)])
            .With(SendsOrigin ? HeaderId.AccessControlAllowOrigin : HeaderId.Other);
    }

    /// <summary>The headers that replace the backend's when the policy applies.</summary>
    public HeaderIdSet Sets { get; }

    private bool SendsOrigin { get; }

    public bool Applies(RequestContext context)
    {
        if (_anyOrigin)
        {
            return true;
        }

        var headers = context.Head.Headers;
        // Two Origin headers are no origin: which one would be repeated to the browser?
        if (!headers.TryGet(HeaderId.Origin, out var origin) || headers.CountOf(HeaderId.Origin) != 1)
        {
            return false;
        }

        foreach (var allowed in _origins)
        {
            if (allowed.Matches(origin))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Every OPTIONS request that the policy applies to is answered here, whatever its headers.</summary>
    public bool IsPreflight(RequestContext context) => context.Head.Method == HttpMethod.Options && Applies(context);

    /// <summary>Writes the headers; only when <see cref="Applies"/>.</summary>
    public void Write(RequestContext context, IHeaderWriter writer)
    {
        if (SendsOrigin)
        {
            writer.Add(
                "Access-Control-Allow-Origin"u8,
                !_anyOrigin && context.Head.Headers.TryGet(HeaderId.Origin, out var origin) ? origin : "*"u8);
        }

        foreach (var header in _fixedHeaders)
        {
            header.Write(context, writer);
        }
    }

    /// <summary>An entry of the list: text, and where its first star stands, one label of letters, digits and hyphens.</summary>
    private readonly struct AllowedOrigin
    {
        private readonly byte[] _beforeStar;
        private readonly byte[]? _afterStar;

        public AllowedOrigin(string text)
        {
            var star = text.IndexOf('*');
            _beforeStar = Encoding.UTF8.GetBytes(star < 0 ? text : text[..star]);
            _afterStar = star < 0 ? null : Encoding.UTF8.GetBytes(text[(star + 1)..]);
        }

        public bool Matches(ReadOnlySpan<byte> origin)
        {
            if (_afterStar is null)
            {
                return Ascii.EqualsIgnoreCase(origin, _beforeStar);
            }

            var label = origin.Length - _beforeStar.Length - _afterStar.Length;
            return label > 0
                && Ascii.EqualsIgnoreCase(origin[.._beforeStar.Length], _beforeStar)
                && Ascii.EqualsIgnoreCase(origin[^_afterStar.Length..], _afterStar)
                && IsLabel(origin.Slice(_beforeStar.Length, label));
        }

        private static bool IsLabel(ReadOnlySpan<byte> text)
        {
            foreach (var value in text)
            {
                if (!char.IsAsciiLetterOrDigit((char)value) && value != '-')
                {
                    return false;
                }
            }

            return true;
        }
    }
}
