using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>Tuning of nginx's own buffers. Accepted and without effect: responses are streamed with back-pressure and never go to files.</summary>
internal static class NginxBuffers
{
    public static readonly AnnotationDeclaration Buffering = new(
        "nginx.ingress.kubernetes.io/proxy-buffering", AnnotationRisk.Low, ValueRule.OnOff, InvalidValue.UsesDefault, "off",
        "Whether responses are collected.")
    { Effect = AnnotationEffect.NoMeaning, ConfigKey = "proxy-buffering" };

    public static readonly AnnotationDeclaration BuffersNumber = new(
        "nginx.ingress.kubernetes.io/proxy-buffers-number", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "4",
        "Number of buffers.")
    { Effect = AnnotationEffect.NoMeaning, ConfigKey = "proxy-buffers-number" };

    public static readonly AnnotationDeclaration BusyBuffersSize = new(
        "nginx.ingress.kubernetes.io/proxy-busy-buffers-size", AnnotationRisk.Low, ValueRule.Size, InvalidValue.UsesDefault, "none",
        "Buffers being sent.")
    { Effect = AnnotationEffect.NoMeaning, ConfigKey = "proxy-busy-buffers-size" };

    public static readonly AnnotationDeclaration MaxTempFileSize = new(
        "nginx.ingress.kubernetes.io/proxy-max-temp-file-size", AnnotationRisk.Low, ValueRule.Size, InvalidValue.UsesDefault, "1024m",
        "Size of temporary files.")
    { Effect = AnnotationEffect.NoMeaning, ConfigKey = "proxy-max-temp-file-size" };

    public static readonly AnnotationDeclaration Http2PushPreload = new(
        "nginx.ingress.kubernetes.io/http2-push-preload", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.DropsIngress, "false",
        "HTTP/2 push, gone from browsers and from nginx.")
    { Effect = AnnotationEffect.NoMeaning };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        Buffering, BuffersNumber, BusyBuffersSize, MaxTempFileSize, Http2PushPreload,
    ];
}
