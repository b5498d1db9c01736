using System.Text;
using Portico.Http.Messages;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Headers;

/// <summary>
/// What error backends are told, by the names that ingress-nginx and its reference image use. A client's headers of these names never get
/// there: the page must not be made for a code that the client made up. Stateless.
/// </summary>
internal static class ErrorPageRequestHeaders
{
    private static readonly byte[][] Names =
    [
        "X-Code"u8.ToArray(), "X-Format"u8.ToArray(), "X-Namespace"u8.ToArray(), "X-Ingress-Name"u8.ToArray(),
        "X-Service-Name"u8.ToArray(), "X-Service-Port"u8.ToArray(),
    ];

    /// <summary>What the gateway says itself, and what belongs to one connection. X-Forwarded-Proto and its kin pass as the client sent them.</summary>
    private static readonly HeaderIdSet NotCopied = HeaderIdSet.Of(
        HeaderId.Host,
        HeaderId.XRequestId,
        HeaderId.XForwardedFor,
        HeaderId.XOriginalUri,
        HeaderId.Proxy,
        HeaderId.Connection,
        HeaderId.ContentLength,
        HeaderId.TransferEncoding,
        HeaderId.Expect,
        HeaderId.Upgrade,
        HeaderId.KeepAlive,
        HeaderId.Te,
        HeaderId.Trailer,
        HeaderId.ProxyConnection);

    /// <summary>The whole head for the page of an error.</summary>
    public static void Write(RequestContext context, IHeaderWriter writer)
    {
        writer.Add("Host"u8, context.BestHost);
        Add(writer, "X-Request-ID"u8, context.RequestId);
        Add(writer, "X-Forwarded-For"u8, context.ClientText);
        writer.Add("X-Original-URI"u8, context.Head.PathAndQuery);
        WriteFacts(context, writer);
        var headers = context.Head.Headers;
        var rules = context.Settings.HeaderNames;
        foreach (ref readonly var field in headers.Fields)
        {
            var name = headers.Name(in field);
            if (field.Id == HeaderId.Other ? rules.Accepts(name) && !IsFact(name) : !NotCopied.Contains(field.Id))
            {
                writer.Add(name, headers.Value(in field));
            }
        }
    }

    /// <summary>The code and where the request was going; also for a substitute that takes the request itself.</summary>
    public static void WriteFacts(RequestContext context, IHeaderWriter writer)
    {
        var scratch = context.Scratch;
        scratch.Clear();
        scratch.AppendDecimal(context.ReplacedStatus, 3);
        writer.Add("X-Code"u8, scratch.Written);
        if (context.Head.Headers.TryGet(HeaderId.Accept, out var accept))
        {
            Add(writer, "X-Format"u8, accept);
        }

        var labels = context.Policies.Labels;
        Add(writer, "X-Namespace"u8, labels.Namespace);
        Add(writer, "X-Ingress-Name"u8, labels.IngressName);
        Add(writer, "X-Service-Name"u8, labels.ServiceName);
        Add(writer, "X-Service-Port"u8, labels.ServicePort);
    }

    /// <summary>Whether a client's header pretends to be one of <see cref="WriteFacts"/>.</summary>
    public static bool IsFact(ReadOnlySpan<byte> name)
    {
        foreach (var fact in Names)
        {
            if (fact.Length == name.Length && Ascii.EqualsIgnoreCase(fact, name))
            {
                return true;
            }
        }

        return false;
    }

    private static void Add(IHeaderWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (value.Length > 0)
        {
            writer.Add(name, value);
        }
    }
}
