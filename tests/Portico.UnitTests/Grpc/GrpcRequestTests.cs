using System.Text;
using Portico.Proxy.Grpc;
using Xunit;

namespace Portico.UnitTests.Grpc;

public sealed class GrpcRequestTests
{
    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("Application/gRPC", true)]
    [InlineData("application/grpc+proto", true)]
    [InlineData("application/grpc;charset=utf-8", true)]
    [InlineData("application/grpc-web", false)]
    [InlineData("application/grpc-web-text+proto", false)]
    [InlineData("application/grpcx", false)]
    [InlineData("application/json", false)]
    [InlineData("", false)]
    public void A_content_type_tells_a_call(string contentType, bool expected) =>
        Assert.Equal(expected, GrpcRequest.IsGrpcType(Encoding.ASCII.GetBytes(contentType)));

    [Theory]
    [InlineData("1H", 3_600_000)]
    [InlineData("2M", 120_000)]
    [InlineData("30S", 30_000)]
    [InlineData("250m", 250)]
    [InlineData("5000u", 5)]
    [InlineData("99999999n", 99.9999)]
    [InlineData("0S", 0)]
    public void A_timeout_is_digits_and_a_unit(string text, double milliseconds)
    {
        Assert.True(GrpcRequest.TryParseTimeout(Encoding.ASCII.GetBytes(text), out var timeout));
        Assert.Equal(milliseconds, timeout.TotalMilliseconds, 3);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("10")]
    [InlineData("10s")]
    [InlineData("-1S")]
    [InlineData("1.5S")]
    [InlineData("123456789S")]
    public void Anything_else_is_no_timeout(string text) =>
        Assert.False(GrpcRequest.TryParseTimeout(Encoding.ASCII.GetBytes(text), out _));
}
