using System.Collections.Immutable;
using System.Text;
using Portico.Http.Messages;
using Portico.Model;
using Portico.Proxy.Answers;
using Portico.Proxy.Grpc;
using Portico.Proxy.Policies;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Headers;

/// <summary>
/// The headers that the client gets, except framing and Connection, which belong to the codec. Worked out once for a route;
/// routes without headers of their own share the plan of the settings. Immutable, shared by all shards. Written in this order:
/// <list type="number">
/// <item>Date, and Server when <c>server-tokens</c> is on;</item>
/// <item>the cookies of a new session;</item>
/// <item>what the backend sent, without hop-by-hop, hidden and replaced headers, its places and cookies rewritten; or Content-Type and Location of an own answer;</item>
/// <item>Content-Encoding and Vary of a response that is compressed on the way;</item>
/// <item>those of <c>add-headers</c> and the route's <c>custom-headers</c>, which win over a namesake in the former;</item>
/// <item>CORS, when it applies to the request's Origin; then HSTS on TLS connections.</item>
/// </list>
/// </summary>
internal sealed class ResponseHeaderPlan
{
    /// <summary>Belong to one connection, or to the framing of one message (RFC 9110, 7.6.1).</summary>
    private static readonly HeaderIdSet HopByHop = HeaderIdSet.Of(
        HeaderId.Connection,
        HeaderId.ContentLength,
        HeaderId.TransferEncoding,
        HeaderId.KeepAlive,
        HeaderId.ProxyConnection,
        HeaderId.Te,
        HeaderId.Trailer,
        HeaderId.Upgrade);

    /// <summary>What nginx keeps for itself: the Date is the proxy's, and X-Accel-* are orders to the proxy.</summary>
    private static readonly HeaderIdSet Swallowed = HeaderIdSet.Of(
        HeaderId.Date,
        HeaderId.XAccelRedirect,
        HeaderId.XAccelExpires,
        HeaderId.XAccelBuffering,
        HeaderId.XAccelCharset,
        HeaderId.XAccelLimitRate);

    /// <summary>Speak of the bytes before compression.</summary>
    private static readonly HeaderIdSet OfPlainBytes = HeaderIdSet.Of(HeaderId.AcceptRanges, HeaderId.ETag);

    private static readonly byte[] ServerName =
        Encoding.ASCII.GetBytes("Portico/" + typeof(ResponseHeaderPlan).Assembly.GetName().Version?.ToString(3));

    private readonly ImmutableArray<HeaderSetter> _setters;

    /// <summary>Known names that the setters set.</summary>
    private readonly HeaderIdSet _set;

    /// <summary>Known names of the backend that are not copied.</summary>
    private readonly HeaderIdSet _dropped;

    /// <summary>Other names of the backend that are not copied: hidden or set by us.</summary>
    private readonly ImmutableArray<byte[]> _droppedNames;

    private readonly ResponseRewriter? _rewriter;
    private readonly byte[] _defaultType;
    private readonly byte[]? _hsts;
    private readonly bool _sendsServer;
    private readonly bool _passesServer;

    private ResponseHeaderPlan(GlobalSettings settings, ImmutableArray<HeaderSetter> setters, CorsFilter? cors, ResponseRewriter? rewriter)
    {
        _rewriter = rewriter;
        _defaultType = Encoding.ASCII.GetBytes(settings.DefaultType);
        // Framing is not the configuration's to set: it would split messages.
        _setters = [.. setters.Where(s => !HopByHop.Contains(s.Id))];
        _set = HeaderIdSet.Of([.. _setters.Select(s => s.Id)]);
        UnknownVariables = [.. _setters.SelectMany(s => s.UnknownVariables)];
        Cors = cors;
        _hsts = settings.Hsts is null ? null : HstsValue(settings.Hsts);
        _sendsServer = settings.ServerTokens && !_set.Contains(HeaderId.Server);
        _passesServer = _sendsServer && settings.PassBackendServerHeader;
        var hidden = settings.HiddenResponseHeaders.Select(Encoding.UTF8.GetBytes).ToArray();
        _dropped = HopByHop.With(Swallowed).With(_set)
            .With(HeaderIdSet.Of([.. hidden.Select(h => KnownHeaders.Find(h))]))
            .With(_passesServer ? HeaderId.Other : HeaderId.Server);
        _droppedNames =
        [
            .. hidden.Where(h => KnownHeaders.Find(h) == HeaderId.Other),
            .. _setters.Where(s => s.Id == HeaderId.Other).Select(s => s.Name),
        ];
    }

    /// <summary>Null when the route has no CORS policy.</summary>
    public CorsFilter? Cors { get; }

    /// <summary>Variables in header values that do not exist.</summary>
    public ImmutableArray<string> UnknownVariables { get; }

    public static ResponseHeaderPlan ForSettings(GlobalSettings settings) =>
        new(settings, HeaderSetter.CompileLastWins(settings.ResponseHeaders), null, null);

    public static ResponseHeaderPlan ForRoute(Route route, CompiledSettings settings)
    {
        var own = route.ResponseHeaders?.Set ?? [];
        if (own.IsEmpty && route.Cors is null or { AllowOrigins: [] } && route.ResponseRewrite is null)
        {
            return settings.ResponseHeaders;
        }

        var setters = HeaderSetter.CompileLastWins(settings.Model.ResponseHeaders, own);
        var ownIds = HeaderIdSet.Of([.. own.Select(h => KnownHeaders.Find(Encoding.UTF8.GetBytes(h.Name)))]);
        // An empty list of origins comes from a list whose entries were all unusable: no CORS at all, rather than any origin.
        var cors = route.Cors is null or { AllowOrigins: [] } ? null : new CorsFilter(route.Cors, ownIds);
        var rewriter = route.ResponseRewrite is null ? null : new ResponseRewriter(route.ResponseRewrite);
        return new ResponseHeaderPlan(settings.Model, setters, cors, rewriter);
    }

    /// <summary>Writes the headers of a response that is passed on. <paramref name="date"/> comes from <see cref="HttpDateCache"/>.</summary>
    public void WriteUpstreamResponse(RequestContext context, HeaderBlock response, int status, ReadOnlySpan<byte> date, IHeaderWriter writer)
    {
        var (cors, hsts) = Conditional(context);
        WriteDateAndServer(date, _passesServer && response.Has(HeaderId.Server), writer);
        SessionAffinityFilter.Write(context.SessionCookies.Written, writer);
        context.WriteCarriedHeaders(writer);
        var compression = context.Compression;
        var dropped = Dropped(status, cors, hsts);
        CopyUpstream(context, response, compression.Compresses ? dropped.With(OfPlainBytes) : dropped, writer);
        if (compression.Varies)
        {
            CompressedResponse.WriteHeaders(compression, response, writer);
        }

        WriteSet(context, cors, hsts, writer);
        WriteAuthCookies(context, status, writer);
    }

    /// <summary>Writes the headers of an answer that the gateway makes.</summary>
    public void WriteOwnAnswer(RequestContext context, in OwnAnswer answer, ReadOnlySpan<byte> date, IHeaderWriter writer)
    {
        var (cors, hsts) = Conditional(context);
        WriteDateAndServer(date, false, writer);
        SessionAffinityFilter.Write(context.SessionCookies.Written, writer);
        if (!_set.Contains(HeaderId.ContentType) && StockPages.BodyOf(in answer, context).Length > 0)
        {
            writer.Add("Content-Type"u8, answer.Reason == AnswerReason.ServerStatus ? "text/plain"u8 : answer.Body == AnswerBody.LocationText ? _defaultType : StockPages.ContentType);
        }

        if (answer.SendsLocation && context.Location.Length > 0)
        {
            writer.Add("Location"u8, context.Location.Written);
        }

        if (answer.Status == 401)
        {
            WriteChallenges(context, writer);
        }

        WriteSet(context, cors, hsts && answer.Reason != AnswerReason.Health, writer);
        WriteAuthCookies(context, answer.Status, writer);
    }

    /// <summary>What the gateway itself asks for, and what the authentication service does.</summary>
    private static void WriteChallenges(RequestContext context, IHeaderWriter writer)
    {
        if (context.Challenge is { } own)
        {
            writer.Add("WWW-Authenticate"u8, own);
        }

        foreach (var challenge in context.AuthAnswer?.Challenges ?? [])
        {
            writer.Add("WWW-Authenticate"u8, challenge);
        }
    }

    /// <summary>Cookies of the authentication service, beside those of the backend.</summary>
    private static void WriteAuthCookies(RequestContext context, int status, IHeaderWriter writer)
    {
        if (context.AuthAnswer is { Cookies.Length: > 0 } answer && context.Policies.Access?.External?.PassesCookies(status) == true)
        {
            foreach (var cookie in answer.Cookies)
            {
                writer.Add("Set-Cookie"u8, cookie);
            }
        }
    }

    /// <summary>HSTS looks at the connection itself, never at a trusted header.</summary>
    private (bool Cors, bool Hsts) Conditional(RequestContext context) =>
        (Cors is not null && Cors.Applies(context), _hsts is not null && context.Connection.IsTls);

    private void WriteDateAndServer(ReadOnlySpan<byte> date, bool backendNamesServer, IHeaderWriter writer)
    {
        if (!_set.Contains(HeaderId.Date))
        {
            writer.Add("Date"u8, date);
        }

        if (_sendsServer && !backendNamesServer)
        {
            writer.Add("Server"u8, ServerName);
        }
    }

    private HeaderIdSet Dropped(int status, bool cors, bool hsts)
    {
        var dropped = _dropped;
        if (cors)
        {
            dropped = dropped.With(Cors!.Sets);
        }

        if (hsts)
        {
            dropped = dropped.With(HeaderId.StrictTransportSecurity);
        }

        // The two statuses that mean nothing without Upgrade.
        return status is 101 or 426 ? dropped.Without(HeaderId.Upgrade) : dropped;
    }

    private void CopyUpstream(RequestContext context, HeaderBlock response, HeaderIdSet dropped, IHeaderWriter writer)
    {
        foreach (ref readonly var field in response.Fields)
        {
            if (field.Id != HeaderId.Other)
            {
                if (!dropped.Contains(field.Id))
                {
                    var value = response.Value(in field);
                    if (field.Id == HeaderId.ContentType && context.GrpcWeb != GrpcWebForm.None)
                    {
                        value = GrpcWebForms.FromCall(value, context.GrpcWeb, context.Scratch);
                    }

                    writer.Add(response.Name(in field), _rewriter?.Looks(field.Id) == true ? _rewriter.Rewrite(context, field.Id, value) : value);
                }
            }
            else if ((_droppedNames.IsEmpty || !IsDropped(response.Name(in field)))
                && (context.GrpcWeb == GrpcWebForm.None || !GrpcWebTrailers.IsStatus(response.Name(in field))))
            {
                writer.Add(response.Name(in field), response.Value(in field));
            }
        }
    }

    /// <summary>Whether a trailer of the backend may be passed on: what is hidden or set by us in front of the body is so behind it, too.</summary>
    public bool PassesTrailer(HeaderId id, ReadOnlySpan<byte> name) =>
        TrailerNames.Allows(id, name) && !_dropped.Contains(id) && !IsDropped(name);

    private bool IsDropped(ReadOnlySpan<byte> name)
    {
        foreach (var dropped in _droppedNames)
        {
            if (dropped.Length == name.Length && Ascii.EqualsIgnoreCase(dropped, name))
            {
                return true;
            }
        }

        return false;
    }

    private void WriteSet(RequestContext context, bool cors, bool hsts, IHeaderWriter writer)
    {
        foreach (var setter in _setters)
        {
            if (!(cors && Cors!.Sets.Contains(setter.Id)) && !(hsts && setter.Id == HeaderId.StrictTransportSecurity))
            {
                setter.Write(context, writer);
            }
        }

        if (cors)
        {
            Cors!.Write(context, writer);
        }

        if (hsts)
        {
            writer.Add("Strict-Transport-Security"u8, _hsts);
        }
    }

    private static byte[] HstsValue(HstsSettings hsts) => Encoding.ASCII.GetBytes(
        "max-age=" + hsts.MaxAge + (hsts.IncludeSubdomains ? "; includeSubDomains" : "") + (hsts.Preload ? "; preload" : ""));
}
