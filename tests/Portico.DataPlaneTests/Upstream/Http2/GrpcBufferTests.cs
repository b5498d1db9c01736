using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Xunit;

namespace Portico.DataPlaneTests.Upstream.Http2;

/// <summary>The key <c>grpc-buffer-size-kb</c>: room for heads of HTTP/2 backends, and of no others.</summary>
public sealed class GrpcBufferTests(GrpcBufferTests.GrpcBufferGateway gateway) : GatewayTest<GrpcBufferTests.GrpcBufferGateway>(gateway)
{
    [Theory]
    [InlineData(7000, 200)]
    [InlineData(9000, 502)]
    public async Task A_head_of_HTTP_2_may_be_as_large_as_the_key_says(int length, int status)
    {
        var service = new Http2Service((connection, request) => connection.AnswerAsync(request, "", ("x-long", new string('x', length))));
        var site = await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateways.Gateway.At(Backend(service.Script))], AppProtocol = "kubernetes.io/h2c" });
        await using var client = await ConnectAsync();
        Assert.Equal(status, (await client.ExchangeAsync(site.Get())).Status);
    }

    [Fact]
    public async Task A_head_of_HTTP_1_may_not()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Answer($"HTTP/1.1 200 OK\r\nX-Long: {new string('x', 7000)}\r\nContent-Length: 0\r\n\r\n")));
        await using var client = await ConnectAsync();
        Assert.Equal(502, (await client.ExchangeAsync(site.Get())).Status);
    }

    public sealed class GrpcBufferGateway : Gateway
    {
        protected override IReadOnlyDictionary<string, string> ConfigMap { get; } = new Dictionary<string, string> { ["grpc-buffer-size-kb"] = "8" };
    }
}
