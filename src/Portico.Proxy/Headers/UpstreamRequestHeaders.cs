using System.Collections.Immutable;
using Portico.Http.Messages;
using Portico.Model;
using Portico.Proxy.Grpc;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Headers;

/// <summary>
/// The request headers that a backend gets, except framing and Connection/Upgrade, which belong to the codec and the
/// forwarder. Immutable, made once a snapshot. Written in this order:
/// <list type="number">
/// <item>Host;</item>
/// <item>the gateway's own: X-Request-ID, X-Real-IP, X-Forwarded-*, X-Scheme, X-Original-*;</item>
/// <item>ssl-client-*, where the host asks for client certificates;</item>
/// <item>those of <c>proxy-set-headers</c>;</item>
/// <item>those that an authentication service gave, which replace all others of their names;</item>
/// <item>what the client sent besides, unchanged and in its order.</item>
/// </list>
/// A header of <c>proxy-set-headers</c> stands instead of the gateway's own of that name. (ingress-nginx sends both, and
/// backends then disagree about which one counts.) A header that the client merely names in Connection is kept, as nginx
/// does; those that the gateway sets cannot be removed that way.
/// </summary>
internal sealed class UpstreamRequestHeaders
{
    /// <summary>Belong to one connection, or to the framing of one message (RFC 9110, 7.6.1).</summary>
    private static readonly HeaderIdSet HopByHop = HeaderIdSet.Of(
        HeaderId.Connection,
        HeaderId.ContentLength,
        HeaderId.TransferEncoding,
        HeaderId.Expect,
        HeaderId.Upgrade,
        HeaderId.KeepAlive,
        HeaderId.Te,
        HeaderId.Trailer,
        HeaderId.ProxyConnection);

    /// <summary>What the gateway says itself. Proxy is on the list because CGI programs would take it for a proxy to use (httpoxy).</summary>
    private static readonly HeaderIdSet Own = HeaderIdSet.Of(
        HeaderId.Host,
        HeaderId.XRequestId,
        HeaderId.XRealIp,
        HeaderId.XForwardedFor,
        HeaderId.XForwardedHost,
        HeaderId.XForwardedPort,
        HeaderId.XForwardedProto,
        HeaderId.XForwardedScheme,
        HeaderId.XScheme,
        HeaderId.XOriginalForwardedFor,
        HeaderId.XOriginalForwardedHost,
        HeaderId.Proxy);

    private readonly bool _addOriginalUri;
    private readonly ImmutableArray<HeaderSetter> _setters;
    private readonly ImmutableArray<byte[]> _setNames;
    private readonly HeaderSetter? _hostSetter;

    /// <summary>Names of <c>proxy-set-headers</c>: the gateway's own value is left out.</summary>
    private readonly HeaderIdSet _replaced;

    /// <summary>Names of the client that are not copied.</summary>
    private readonly HeaderIdSet _notCopied;

    public UpstreamRequestHeaders(GlobalSettings settings)
    {
        _addOriginalUri = settings.AddOriginalUriHeader;
        var all = HeaderSetter.CompileLastWins(settings.RequestHeaders);
        UnknownVariables = [.. all.SelectMany(s => s.UnknownVariables)];
        // Framing and connection handling are not the configuration's to set: they would split messages.
        _hostSetter = all.FirstOrDefault(s => s.Id == HeaderId.Host);
        _setters = [.. all.Where(s => s.Id != HeaderId.Host && !HopByHop.Contains(s.Id))];
        _setNames = [.. _setters.Where(s => s.Id == HeaderId.Other).Select(s => s.Name)];
        foreach (var setter in _setters)
        {
            _replaced = _replaced.With(setter.Id);
        }

        _notCopied = Own.With(HopByHop).With(_replaced).With(_addOriginalUri ? HeaderId.XOriginalUri : HeaderId.Other);
    }

    /// <summary>Variables in <c>proxy-set-headers</c> that do not exist.</summary>
    public ImmutableArray<string> UnknownVariables { get; }

    public void Write(RequestContext context, IHeaderWriter writer)
    {
        if (context.IsErrorPage)
        {
            ErrorPageRequestHeaders.Write(context, writer);
            return;
        }

        WriteHost(context, writer);
        WriteOwn(context, writer);
        context.Host?.ClientCertificates?.WriteHeaders(context, writer);
        var auth = context.Policies.AuthHeaders;
        foreach (var setter in _setters)
        {
            if (auth is null || !auth.Replaces(setter.Id, setter.Name))
            {
                setter.Write(context, writer);
            }
        }

        if (context.ReplacedStatus > 0)
        {
            ErrorPageRequestHeaders.WriteFacts(context, writer);
        }

        auth?.Write(context, writer);
        WriteClientHeaders(context, auth, writer);
    }

    /// <summary>Host of the route (<c>upstream-vhost</c>), else of <c>proxy-set-headers</c>, else the client's. It is never left out.</summary>
    private void WriteHost(RequestContext context, IHeaderWriter writer)
    {
        var scratch = context.Scratch;
        scratch.Clear();
        if (context.Policies.UpstreamHost is { } routeHost)
        {
            routeHost.Append(context, scratch);
        }
        else
        {
            _hostSetter?.AppendValue(context, scratch);
        }

        if (scratch.Length == 0)
        {
            writer.Add("Host"u8, context.BestHost);
            return;
        }

        HeaderValue.Clean(scratch.WrittenFrom(0));
        writer.Add("Host"u8, scratch.Written);
    }

    private void WriteOwn(RequestContext context, IHeaderWriter writer)
    {
        var scratch = context.Scratch;
        scratch.Clear();
        var identity = context.Settings.Identity;
        AddOwn(context, writer, HeaderId.XRequestId, "X-Request-ID"u8, context.RequestId);
        AddOwn(context, writer, HeaderId.XRealIp, "X-Real-IP"u8, context.ClientText);
        AddOwn(context, writer, HeaderId.XForwardedFor, "X-Forwarded-For"u8, identity.ForwardedFor(context, scratch));
        AddOwn(context, writer, HeaderId.XForwardedHost, "X-Forwarded-Host"u8, context.BestHost);
        scratch.Clear();
        identity.AppendPort(context, scratch);
        AddOwn(context, writer, HeaderId.XForwardedPort, "X-Forwarded-Port"u8, scratch.Written);
        var scheme = context.EffectiveScheme;
        AddOwn(context, writer, HeaderId.XForwardedProto, "X-Forwarded-Proto"u8, scheme);
        AddOwn(context, writer, HeaderId.XForwardedScheme, "X-Forwarded-Scheme"u8, scheme);
        AddOwn(context, writer, HeaderId.XScheme, "X-Scheme"u8, scheme);
        if (_addOriginalUri)
        {
            AddOwn(context, writer, HeaderId.XOriginalUri, "X-Original-URI"u8, context.Head.PathAndQuery);
        }

        scratch.Clear();
        if (identity.TryGetForwardedFor(context, scratch, out var list))
        {
            AddOwn(context, writer, HeaderId.XOriginalForwardedFor, "X-Original-Forwarded-For"u8, list);
        }

        scratch.Clear();
        if (identity.TryGetForwardedHost(context, scratch, out var host))
        {
            AddOwn(context, writer, HeaderId.XOriginalForwardedHost, "X-Original-Forwarded-Host"u8, host);
        }

        if (context.HasForwardedPrefix)
        {
            AddOwn(context, writer, HeaderId.XForwardedPrefix, "X-Forwarded-Prefix"u8, context.ForwardedPrefix.Written);
        }
    }

    private void AddOwn(RequestContext context, IHeaderWriter writer, HeaderId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (value.Length > 0 && !_replaced.Contains(id) && context.Policies.AuthHeaders?.Replaces(id, name) != true)
        {
            writer.Add(name, value);
        }
    }

    private void WriteClientHeaders(RequestContext context, AuthRequestHeaders? auth, IHeaderWriter writer)
    {
        var headers = context.Head.Headers;
        var names = context.Settings.HeaderNames;
        var isSubstitute = context.ReplacedStatus > 0;
        var certificates = context.Host?.ClientCertificates;
        var notCopied = _notCopied.With(context.HasForwardedPrefix ? HeaderId.XForwardedPrefix : HeaderId.Other);
        foreach (ref readonly var field in headers.Fields)
        {
            var name = headers.Name(in field);
            var copied = field.Id == HeaderId.Other
                ? names.Accepts(name) && !IsSet(name) && certificates?.Replaces(name) != true && !(isSubstitute && ErrorPageRequestHeaders.IsFact(name))
                : !notCopied.Contains(field.Id);
            if (copied && (auth is null || !auth.Replaces(field.Id, name)))
            {
                var translated = field.Id == HeaderId.ContentType && context.GrpcWeb != GrpcWebForm.None;
                writer.Add(name, translated ? GrpcWebForms.ToCall(headers.Value(in field), context.Scratch) : headers.Value(in field));
            }
        }
    }

    /// <summary>
    /// Leaves those trailers of a client that a backend may get: what no client can say in a header, no client says in a trailer, however
    /// the backend joins the two.
    /// </summary>
    public void RemoveForbiddenTrailers(RequestContext context, HeaderBlock trailers)
    {
        for (var index = trailers.Count - 1; index >= 0; index--)
        {
            ref readonly var field = ref trailers.Fields[index];
            if (!PassesTrailer(context, field.Id, trailers.Name(in field)))
            {
                trailers.RemoveAt(index);
            }
        }
    }

    private bool PassesTrailer(RequestContext context, HeaderId id, ReadOnlySpan<byte> name) =>
        TrailerNames.Allows(id, name)
        && context.Settings.HeaderNames.Accepts(name)
        && !IsSet(name)
        && context.Host?.ClientCertificates?.Replaces(name) != true
        && context.Policies.AuthHeaders?.Replaces(id, name) != true;

    private bool IsSet(ReadOnlySpan<byte> name)
    {
        foreach (var set in _setNames)
        {
            if (set.Length == name.Length && System.Text.Ascii.EqualsIgnoreCase(set, name))
            {
                return true;
            }
        }

        return false;
    }
}
