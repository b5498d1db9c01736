using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Model;
using Portico.Proxy.Compression;
using Portico.UnitTests.Requests;
using Xunit;

namespace Portico.UnitTests.Compression;

public class CompressionPlanTests
{
    private static readonly CompressionSettings Both = new()
    {
        Gzip = new ContentCodingSettings { Level = 1, MinLength = 256, Types = ["text/css", "application/json"] },
        Brotli = new ContentCodingSettings { Level = 4, MinLength = 20, Types = ["text/css"] },
        GzipDisabledAgents = "MSIE [1-6]",
    };

    [Theory]
    [InlineData("text/css", 300, "gzip, br", "Brotli")]
    [InlineData("TEXT/CSS; charset=x", 300, "gzip", "Gzip")]
    [InlineData("text/html", 300, "gzip", "Gzip")]
    [InlineData("application/json", 300, "gzip, br", "Gzip")]
    [InlineData("application/json", 300, "br", "None")]
    [InlineData("text/css", 100, "gzip, br", "Brotli")]
    [InlineData("text/css", 100, "gzip", "None")]
    [InlineData("text/css", 256, "gzip", "Gzip")]
    [InlineData("text/css", null, "gzip", "Gzip")]
    [InlineData("image/png", 300, "gzip, br", "None")]
    public void Type_length_and_client_decide(string type, int? length, string accepts, string coding) =>
        Assert.Equal(coding, Choose($"Content-Type: {type}", length, $"Accept-Encoding: {accepts}").Coding.ToString());

    [Theory]
    [InlineData(200, true)]
    [InlineData(403, true)]
    [InlineData(404, true)]
    [InlineData(201, false)]
    [InlineData(206, false)]
    [InlineData(304, false)]
    [InlineData(500, false)]
    public void Only_three_statuses_are_compressed(int status, bool compressed) =>
        Assert.Equal(compressed, Choose("Content-Type: text/html", 300, "Accept-Encoding: gzip", status).Compresses);

    [Fact]
    public void A_compressible_response_varies_for_a_client_that_gets_it_plain()
    {
        Assert.Equal((false, true), Facts(Choose("Content-Type: text/html", 300, "X-A: b")));
        Assert.Equal((false, true), Facts(Choose("Content-Type: text/html", 300, "Accept-Encoding: identity")));
        Assert.Equal((false, false), Facts(Choose("Content-Type: image/png", 300, "Accept-Encoding: gzip")));
        Assert.Equal((false, false), Facts(Choose("Content-Type: text/html\nContent-Encoding: x", 300, "Accept-Encoding: gzip")));
    }

    [Fact]
    public void Exempt_agents_get_no_gzip_but_brotli()
    {
        Assert.False(Choose("Content-Type: text/css", 300, "Accept-Encoding: gzip\nUser-Agent: Mozilla/4.0 (compatible; msie 6.0)").Compresses);
        Assert.Equal(ContentCoding.Brotli, Choose("Content-Type: text/css", 300, "Accept-Encoding: br\nUser-Agent: Mozilla/4.0 (compatible; MSIE 6.0)").Coding);
        Assert.True(Choose("Content-Type: text/css", 300, "Accept-Encoding: gzip\nUser-Agent: MSIE 7").Compresses);
    }

    [Fact]
    public void Clients_of_HTTP_1_0_get_plain_bytes() =>
        Assert.False(CompressionPlan.Compile(Both)!.Choose(
            TestRequest.Read("GET / HTTP/1.0\nAccept-Encoding: gzip"), 200, Response("Content-Type: text/html"), 300).Compresses);

    [Fact]
    public void A_star_stands_for_every_type()
    {
        var plan = CompressionPlan.Compile(new CompressionSettings { Gzip = new ContentCodingSettings { Level = 1, MinLength = 0, Types = ["*"] } })!;

        Assert.True(plan.Choose(TestRequest.Read(TestRequest.Get("/", "Accept-Encoding: gzip")), 200, Response("Content-Type: a/b"), 1).Compresses);
    }

    [Fact]
    public void An_expression_that_cannot_run_is_told() =>
        Assert.Contains("gzip-disable", CompressionPlan.Compile(Both with { GzipDisabledAgents = "(" })!.Problem, StringComparison.Ordinal);

    [Fact]
    public void Nothing_switched_on_is_no_plan() => Assert.Null(CompressionPlan.Compile(CompressionSettings.Off));

    private static CompressionChoice Choose(string response, long? length, string request, int status = 200) =>
        CompressionPlan.Compile(Both)!.Choose(TestRequest.Read(TestRequest.Get("/", request)), status, Response(response), length);

    private static (bool Compresses, bool Varies) Facts(CompressionChoice choice) => (choice.Compresses, choice.Varies);

    private static HeaderBlock Response(string headers)
    {
        var bytes = System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\n{headers}\n\n".ReplaceLineEndings("\r\n"));
        var head = new ResponseHead();
        Assert.Equal(ParseStatus.Done, new Http1ResponseParser().Parse(bytes, bytes.Length, 4096, false, head));
        return head.Headers;
    }
}
