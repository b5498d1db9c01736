using System.Collections.Immutable;
using System.Text;
using Portico.Http.Messages;
using Portico.Model.Policies;
using Portico.Proxy.Headers;
using Portico.Proxy.Requests;
using Portico.Proxy.Subrequests;

namespace Portico.Proxy.ExternalAuth;

/// <summary>
/// The request to an authentication service, as ingress-nginx makes it: the client's headers, without those of its body and connection,
/// and what the service has to know about the request in place of whatever the client said about it. Immutable, shared by all shards.
/// </summary>
internal sealed class AuthQuestion
{
    /// <summary>Belongs to the client's connection or body; and X-Forwarded-Proto, which ingress-nginx takes away here.</summary>
    private static readonly HeaderIdSet NeverCopied = HeaderIdSet.Of(
        HeaderId.Connection,
        HeaderId.ContentLength,
        HeaderId.TransferEncoding,
        HeaderId.Expect,
        HeaderId.Upgrade,
        HeaderId.KeepAlive,
        HeaderId.Te,
        HeaderId.Trailer,
        HeaderId.ProxyConnection,
        HeaderId.Proxy,
        HeaderId.Host,
        HeaderId.XRealIp,
        HeaderId.XForwardedFor,
        HeaderId.XForwardedProto,
        HeaderId.XRequestId);

    private static readonly string[] OwnNames = ["X-Original-URL", "X-Original-Method", "X-Sent-From", "X-Auth-Request-Redirect"];

    /// <summary>With a cache the answer must not depend on what the client has already.</summary>
    private static readonly string[] ConditionalNames =
        ["If-Modified-Since", "If-Unmodified-Since", "If-None-Match", "If-Match", "If-Range", "Range"];

    private readonly byte[] _method;
    private readonly bool _tellsUri;
    private readonly CompiledTemplate? _redirect;
    private readonly ImmutableArray<HeaderSetter> _setters;
    private readonly HeaderIdSet _notCopied;
    private readonly byte[][] _namesNotCopied;

    public AuthQuestion(ExternalAuthPolicy policy)
    {
        _method = Encoding.ASCII.GetBytes(policy.Method ?? "GET");
        _tellsUri = policy.Method is not null;
        _redirect = policy.RequestRedirect is null ? null : CompiledTemplate.Compile(policy.RequestRedirect);
        var setters = HeaderSetter.CompileLastWins(policy.RequestHeaders);
        // A header of the configuration stands in place of the gateway's own; framing is not the configuration's to set.
        _setters = [.. setters.Where(s => s.Id == HeaderId.Host || !NeverCopied.Contains(s.Id) || s.Id is HeaderId.XRealIp or HeaderId.XForwardedFor or HeaderId.XForwardedProto or HeaderId.XRequestId)];
        string[] names =
        [
            .. OwnNames,
            .. policy.Cache is null ? [] : ConditionalNames,
            .. _setters.Select(s => Encoding.ASCII.GetString(s.Name)),
            .. _tellsUri ? (string[])["X-Original-URI", "X-Scheme"] : [],
        ];
        _notCopied = NeverCopied.With(HeaderIdSet.Of([.. names.Select(n => KnownHeaders.Find(Encoding.ASCII.GetBytes(n)))]));
        _namesNotCopied = [.. names.Select(Encoding.ASCII.GetBytes).Where(n => KnownHeaders.Find(n) == HeaderId.Other)];
        UnknownVariables = [.. _setters.SelectMany(s => s.UnknownVariables), .. _redirect?.UnknownNames ?? []];
    }

    public ImmutableArray<string> UnknownVariables { get; }

    /// <summary>Writes request line and headers.</summary>
    public void Write(RequestContext context, SubrequestDestination destination, Subrequest request)
    {
        request.Target.Clear();
        destination.AppendPath(context, request.Target);
        request.Begin(destination, _method, request.Target.Written);
        WriteOwn(context, destination, request);
        context.Host?.ClientCertificates?.WriteHeaders(context, request);
        foreach (var setter in _setters)
        {
            setter.Write(context, request);
        }

        WriteClientHeaders(context, request);
    }

    private void WriteOwn(RequestContext context, SubrequestDestination destination, Subrequest request)
    {
        var head = context.Head;
        var scratch = context.Scratch;
        AddOwn(request, "Host"u8, destination.Host);
        scratch.Clear();
        scratch.Append(context.ConnectionScheme);
        scratch.Append("://"u8);
        scratch.Append(head.Host);
        scratch.Append(head.PathAndQuery);
        AddOwn(request, "X-Original-URL"u8, scratch.Written);
        AddOwn(request, "X-Original-Method"u8, head.MethodToken);
        AddOwn(request, "X-Sent-From"u8, "nginx-ingress-controller"u8);
        AddOwn(request, "X-Real-IP"u8, context.ClientText);
        scratch.Clear();
        AddOwn(request, "X-Forwarded-For"u8, context.Settings.Identity.ForwardedFor(context, scratch));
        AddOwn(request, "X-Request-ID"u8, context.RequestId);
        if (_tellsUri)
        {
            AddOwn(request, "X-Original-URI"u8, head.PathAndQuery);
            AddOwn(request, "X-Scheme"u8, context.EffectiveScheme);
        }

        if (_redirect is null)
        {
            AddOwn(request, "X-Auth-Request-Redirect"u8, head.PathAndQuery);
            return;
        }

        scratch.Clear();
        _redirect.Append(context, scratch);
        HeaderValue.Clean(scratch.WrittenFrom(0));
        AddOwn(request, "X-Auth-Request-Redirect"u8, scratch.Written);
    }

    private void AddOwn(Subrequest request, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        foreach (var setter in _setters)
        {
            if (setter.Is(name))
            {
                return;
            }
        }

        if (value.Length > 0)
        {
            request.Add(name, value);
        }
    }

    private void WriteClientHeaders(RequestContext context, Subrequest request)
    {
        var headers = context.Head.Headers;
        var rules = context.Settings.HeaderNames;
        var certificates = context.Host?.ClientCertificates;
        foreach (ref readonly var field in headers.Fields)
        {
            var name = headers.Name(in field);
            if (field.Id == HeaderId.Other ? rules.Accepts(name) && !IsReplaced(name) && certificates?.Replaces(name) != true : !_notCopied.Contains(field.Id))
            {
                request.Add(name, headers.Value(in field));
            }
        }
    }

    private bool IsReplaced(ReadOnlySpan<byte> name)
    {
        foreach (var replaced in _namesNotCopied)
        {
            if (replaced.Length == name.Length && Ascii.EqualsIgnoreCase(replaced, name))
            {
                return true;
            }
        }

        return false;
    }
}
