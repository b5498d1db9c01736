using System.Collections.Immutable;
using Portico.Model.Policies;

namespace Portico.Ingress.Annotations;

/// <summary>Responses that are taken from the backend before their client takes them, and what else nginx has buffers for.</summary>
internal static class ResponseBuffering
{
    public static readonly AnnotationDeclaration Buffering = new(
        "nginx.ingress.kubernetes.io/proxy-buffering", AnnotationRisk.Low, ValueRule.OnOff, InvalidValue.UsesDefault, "off",
        "Whether a response is read ahead of a slow client, so that the backend is done with it early. Not for event streams, nor for backends of HTTP/2; a backend decides for itself by X-Accel-Buffering.")
    { ConfigKey = "proxy-buffering", Difference = "bytes go to the client as they come, whatever the setting; only those that it does not take are kept." };

    public static readonly AnnotationDeclaration BuffersNumber = new(
        "nginx.ingress.kubernetes.io/proxy-buffers-number", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "4",
        "How many times proxy-buffer-size a response that is read ahead may take of memory before it goes to disk.")
    { ConfigKey = "proxy-buffers-number", Difference = "products below 64k act as 64k, above 16m as 16m." };

    public static readonly AnnotationDeclaration BusyBuffersSize = new(
        "nginx.ingress.kubernetes.io/proxy-busy-buffers-size", AnnotationRisk.Low, ValueRule.Size, InvalidValue.UsesDefault, "none",
        "How much of nginx's buffers may be on its way to the client.")
    { Effect = AnnotationEffect.NoMeaning, Because = "one buffer at a time is, and the others stay free for the backend", ConfigKey = "proxy-busy-buffers-size" };

    public static readonly AnnotationDeclaration MaxTempFileSize = new(
        "nginx.ingress.kubernetes.io/proxy-max-temp-file-size", AnnotationRisk.Low, ValueRule.Size, InvalidValue.UsesDefault, "1024m",
        "How much of a response that is read ahead may go to disk beyond the memory; 0 for nothing.")
    { ConfigKey = "proxy-max-temp-file-size" };

    public static readonly AnnotationDeclaration Http2PushPreload = new(
        "nginx.ingress.kubernetes.io/http2-push-preload", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.DropsIngress, "false",
        "HTTP/2 push.")
    { Effect = AnnotationEffect.NoMeaning, Because = "browsers have given it up, and nginx has" };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        Buffering, BuffersNumber, BusyBuffersSize, MaxTempFileSize, Http2PushPreload,
    ];

    public static ResponseBufferingPolicy Read(AnnotationValues values, ResponseBufferingPolicy usual)
    {
        var read = new ResponseBufferingPolicy
        {
            Enabled = values.Text(Buffering) is { } buffering ? buffering == "on" : usual.Enabled,
            Buffers = values.Integer(BuffersNumber) is { } number and > 0 ? number : usual.Buffers,
            MaxFileBytes = values.Text(MaxTempFileSize) is { } text && NginxUnits.TryParseSize(text, out var bytes) ? bytes : usual.MaxFileBytes,
        };
        return read == usual ? usual : read;
    }
}
