using System.Collections.Immutable;
using Portico.Model.Policies;

namespace Portico.Ingress.Annotations;

/// <summary>Tells HTTP backends who the client is before HTTP begins.</summary>
internal static class SendProxyProtocol
{
    public static readonly AnnotationDeclaration Version = new(
        "portico.dev/send-proxy-protocol", AnnotationRisk.Low, ValueRule.OneOf("v1", "v2"), InvalidValue.UsesDefault, "none",
        "Begins each connection to the backend with a header of the PROXY protocol in this version. Such connections serve one request each, over HTTP/2 too.");

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } = [Version];

    public static ProxyProtocolVersion Read(AnnotationValues values) => values.Text(Version) switch
    {
        "v1" => ProxyProtocolVersion.V1,
        "v2" => ProxyProtocolVersion.V2,
        _ => ProxyProtocolVersion.None,
    };
}
