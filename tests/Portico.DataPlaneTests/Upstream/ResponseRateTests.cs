using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Http2;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Upstream;

/// <summary>Responses whose rate is limited: they arrive whole, and never sooner than the rate allows.</summary>
public sealed class ResponseRateTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    /// <summary>What goes at once (64 KB and one second's 256 KB), and half a second more.</summary>
    private const int Size = (64 + 256 + 128) * 1024;

    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(480);
    private static readonly byte[] Body = RandomNumberGenerator.GetBytes(Size);

    [Theory]
    [InlineData("Content-Length")]
    [InlineData("chunked")]
    [InlineData("close")]
    public async Task A_limited_response_arrives_whole_and_not_too_soon(string framing)
    {
        var site = await ExposeAsync(framing, ("limit-rate", "256"), ("limit-rate-after", "64"));
        await using var client = await ConnectAsync();
        var started = Stopwatch.GetTimestamp();
        var response = await client.ExchangeAsync(site.Get());
        Assert.Equal(Body, response.Body);
        Assert.True(Stopwatch.GetElapsedTime(started) >= Least, $"{Stopwatch.GetElapsedTime(started)}");
    }

    [Fact]
    public async Task A_limited_response_arrives_whole_on_a_stream_of_HTTP2()
    {
        var site = await ExposeAsync("chunked", ("limit-rate", "256"), ("limit-rate-after", "64"));
        await using var client = await RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint);
        var started = Stopwatch.GetTimestamp();
        var response = await client.GetAsync(1, site.Host, "/");
        Assert.Equal(Size, response.Body.Length);
        Assert.True(Stopwatch.GetElapsedTime(started) >= Least, $"{Stopwatch.GetElapsedTime(started)}");
    }

    [Fact]
    public async Task The_backend_may_lift_the_limit_and_set_another()
    {
        var rate = "0";
        var site = await ExposeAsync(() => string.Create(CultureInfo.InvariantCulture, $"Content-Length: {Size}\r\nX-Accel-Limit-Rate: {rate}\r\n"), ("limit-rate", "1"));
        await using var client = await ConnectAsync();
        var response = await client.ExchangeAsync(site.Get());
        Assert.Equal(Body, response.Body);
        Assert.Null(response["X-Accel-Limit-Rate"]);
        rate = (Size / 2).ToString(CultureInfo.InvariantCulture);
        var started = Stopwatch.GetTimestamp();
        Assert.Equal(Body, (await client.ExchangeAsync(site.Get())).Body);
        Assert.True(Stopwatch.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(950), $"{Stopwatch.GetElapsedTime(started)}");
    }

    [Fact]
    public async Task A_client_that_leaves_while_the_gateway_waits_frees_the_backend()
    {
        var left = new TaskCompletionSource();
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Length: {Size}\r\n\r\n"));
            await connection.SendAsync(Body);
            await connection.WaitForEndAsync();
            left.SetResult();
        });
        var site = await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateway.At(backend)], Annotations = Annotations(("limit-rate", "1")) });
        await using (var client = await ConnectAsync())
        {
            await client.SendAsync(site.Get());
            await client.ReadResponseHeadAsync();
        }

        await left.Task.Within("the backend is left", Limits.Condition);
    }

    private Task<Site> ExposeAsync(string framing, params (string Name, string Value)[] options) => framing == "chunked"
        ? ExposeAsync(() => "Transfer-Encoding: chunked\r\n", options)
        : ExposeAsync(() => framing == "close" ? "Connection: close\r\n" : string.Create(CultureInfo.InvariantCulture, $"Content-Length: {Size}\r\n"), options);

    private async Task<Site> ExposeAsync(Func<string> headers, params (string Name, string Value)[] options)
    {
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            var lines = headers();
            var chunked = lines.Contains("chunked", StringComparison.Ordinal);
            await connection.SendAsync($"HTTP/1.1 200 OK\r\n{lines}\r\n{(chunked ? Size.ToString("x", CultureInfo.InvariantCulture) + "\r\n" : "")}");
            await connection.SendAsync(Body);
            if (chunked)
            {
                await connection.SendAsync("\r\n0\r\n\r\n");
            }

            if (lines.Contains("close", StringComparison.Ordinal))
            {
                connection.Close();
            }
        });
        return await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateway.At(backend)], Annotations = Annotations(options) });
    }

    private static Dictionary<string, string> Annotations(params (string Name, string Value)[] options) =>
        options.ToDictionary(o => "nginx.ingress.kubernetes.io/" + o.Name, o => o.Value);
}
