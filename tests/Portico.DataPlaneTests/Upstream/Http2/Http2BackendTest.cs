using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Http2;

namespace Portico.DataPlaneTests.Upstream.Http2;

/// <summary>Base of the tests with backends of HTTP/2: sites that lead to scripted services, and clients of HTTP/2 whose streams stay on one shard.</summary>
public abstract class Http2BackendTest(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    protected const byte Whole = FrameFlag.EndHeaders | FrameFlag.EndStream;

    private protected Task<Site> ExposeAsync(Http2Service service, params (string Name, string Value)[] annotations) =>
        ExposeAsync([Backend(service.Script)], annotations);

    /// <summary>Spoken to as a Service port of <c>kubernetes.io/h2c</c> asks for it.</summary>
    private protected Task<Site> ExposeAsync(IReadOnlyList<ScriptedBackend> backends, params (string Name, string Value)[] annotations) => Gateway.ExposeAsync(new SiteOptions
    {
        Endpoints = [.. backends.Select(Gateway.At)],
        AppProtocol = "kubernetes.io/h2c",
        Annotations = annotations.ToDictionary(a => a.Name, a => a.Value),
    });

    private protected Task<RawHttp2Client> ConnectHttp2Async(int receiveBuffer = 0) => RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint, receiveBuffer);

    /// <summary>A request without a body.</summary>
    private protected static Http2Bytes Ask(int stream, Site site, string path = "/", string method = "GET", params (string Name, string Value)[] more) =>
        new Http2Bytes().Headers(stream, Whole, [.. Http2Bytes.Request(method, path, site.Host), .. more]);

    /// <summary>A gRPC call whose messages follow.</summary>
    private protected static Http2Bytes Call(int stream, Site site, params (string Name, string Value)[] more) => new Http2Bytes().Headers(
        stream, FrameFlag.EndHeaders, [.. Http2Bytes.Request("POST", "/test.Service/Method", site.Host), ("content-type", "application/grpc"), ("te", "trailers"), .. more]);

    private protected static Http2Bytes Message(Http2Bytes bytes, int stream, string text, bool last = false) =>
        bytes.Frame(FrameType.Data, last ? FrameFlag.EndStream : FrameFlag.None, stream, Http2BackendConnection.GrpcMessage(text));

    private protected static string? Trailer(Http2Response response, string name) =>
        response.Trailers.Where(t => t.Name == name).Select(t => t.Value).FirstOrDefault();
}
