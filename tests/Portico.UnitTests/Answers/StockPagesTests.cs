using Portico.Proxy.Answers;
using Portico.UnitTests.Requests;
using Xunit;

namespace Portico.UnitTests.Answers;

public class StockPagesTests
{
    [Fact]
    public void The_404_page_is_nginxs_byte_for_byte()
    {
        var page = TestRequest.Ascii(StockPages.OfStatus(404));
        Assert.Equal(
            "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
            page);
        Assert.Equal(146, page.Length);
    }

    [Theory]
    [InlineData(301, "301 Moved Permanently")]
    [InlineData(308, "308 Permanent Redirect")]
    [InlineData(401, "401 Authorization Required")]
    [InlineData(403, "403 Forbidden")]
    [InlineData(405, "405 Not Allowed")]
    [InlineData(408, "408 Request Time-out")]
    [InlineData(413, "413 Request Entity Too Large")]
    [InlineData(414, "414 Request-URI Too Large")]
    [InlineData(502, "502 Bad Gateway")]
    [InlineData(503, "503 Service Temporarily Unavailable")]
    [InlineData(504, "504 Gateway Time-out")]
    public void The_phrases_are_nginxs(int status, string phrase) =>
        Assert.Contains($"<center><h1>{phrase}</h1></center>", TestRequest.Ascii(StockPages.OfStatus(status)), StringComparison.Ordinal);

    [Theory]
    [InlineData(200)]
    [InlineData(204)]
    [InlineData(304)]
    [InlineData(418)]
    public void Other_statuses_have_an_empty_body(int status) => Assert.True(StockPages.OfStatus(status).IsEmpty);

    [Theory]
    [InlineData("HeaderTooLarge", "400 Request Header Or Cookie Too Large", "Request Header Or Cookie Too Large")]
    [InlineData("PlainHttpOnTlsPort", "400 The plain HTTP request was sent to HTTPS port", "The plain HTTP request was sent to HTTPS port")]
    public void Two_kinds_of_400_explain_themselves(string reason, string title, string explanation)
    {
        var page = TestRequest.Ascii(StockPages.BodyOf(OwnAnswer.For(Enum.Parse<AnswerReason>(reason)), TestRequest.Read(TestRequest.Get())));
        Assert.Equal(
            $"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n<center>{explanation}</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
            page);
    }

    [Fact]
    public void Every_reason_stands_in_the_table_once_with_a_label_of_its_own()
    {
        var table = AnswerReasons.All.ToArray();
        Assert.Equal(Enum.GetValues<AnswerReason>(), table.Select(f => f.Reason));
        Assert.Equal(table.Length, table.Select(f => f.Label).Distinct().Count());
        Assert.All(table, f => Assert.Matches("^[a-z0-9_]+$", f.Label));
        Assert.All(table, f => Assert.Equal(f.Reason, AnswerReasons.Parse(f.Label)));
    }

    [Fact]
    public void Every_error_has_a_page()
    {
        foreach (var facts in AnswerReasons.All)
        {
            // 499 is never sent.
            Assert.True(facts.Status < 300 || facts.Status == 499 || !StockPages.OfStatus(facts.Status).IsEmpty, facts.Label);
        }
    }

    [Fact]
    public void An_unknown_label_is_a_fixed_response() => Assert.Equal(AnswerReason.FixedResponse, AnswerReasons.Parse("nonsense"));
}
