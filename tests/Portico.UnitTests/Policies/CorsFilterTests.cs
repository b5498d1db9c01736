using Portico.Model.Policies;
using Portico.Proxy.Headers;
using Portico.Proxy.Policies;
using Portico.UnitTests.Requests;
using Xunit;

namespace Portico.UnitTests.Policies;

public class CorsFilterTests
{
    [Theory]
    [InlineData("https://origin.com", "https://origin.com", true)]
    [InlineData("https://origin.com", "HTTPS://Origin.COM", true)]
    [InlineData("https://origin.com", "https://origin.com.evil.test", false)]
    [InlineData("https://origin.com", "https://origin.com/", false)]
    [InlineData("https://origin.com", "xhttps://origin.com", false)]
    [InlineData("https://origin.com", "http://origin.com", false)]
    [InlineData("https://origin.com", "https://originXcom", false)]
    [InlineData("http://origin.com:8080", "http://origin.com", false)]
    [InlineData("http://origin.com", "http://origin.com:8080", false)]
    [InlineData("http://*.origin.com:8080", "http://abc.origin.com:8080", true)]
    [InlineData("http://*.origin.com:8080", "http://abc.origin.com", false)]
    [InlineData("http://*.origin.com", "http://a.b.origin.com", false)]
    [InlineData("http://*.origin.com", "http://.origin.com", false)]
    [InlineData("http://*.origin.com", "http://origin.com", false)]
    [InlineData("http://*.origin.com", "http://evil.test/.origin.com", false)]
    [InlineData("http://*.origin.com", "http://a-1.ORIGIN.com", true)]
    [InlineData("https://a.*.com", "https://a.com", false)]
    [InlineData("null", "null", true)]
    [InlineData("null", "xnull", false)]
    [InlineData("test://localhost", "test://localhost", true)]
    [InlineData("tauri://localhost:3000", "tauri://localhost", false)]
    [InlineData("*", "anything at all", true)]
    public void Origins_are_compared_from_end_to_end(string entry, string origin, bool applies) =>
        Assert.Equal(applies, Filter(entry).Applies(TestRequest.Read(TestRequest.Get("/", "Origin: " + origin))));

    [Fact]
    public void Any_entry_of_the_list_will_do() =>
        Assert.True(Filter("https://a.test", "https://b.test").Applies(TestRequest.Read(TestRequest.Get("/", "Origin: https://b.test"))));

    [Fact]
    public void A_star_beside_other_entries_is_no_free_pass() =>
        Assert.False(Filter("https://a.test", "https://*.b.test").Applies(TestRequest.Read(TestRequest.Get("/", "Origin: https://c.test"))));

    [Fact]
    public void Without_an_origin_only_the_star_applies()
    {
        Assert.False(Filter("https://a.test").Applies(TestRequest.Read(TestRequest.Get())));
        Assert.True(Filter("*").Applies(TestRequest.Read(TestRequest.Get())));
    }

    [Fact]
    public void Two_origins_are_none() =>
        Assert.False(Filter("https://a.test").Applies(TestRequest.Read(TestRequest.Get("/", "Origin: https://a.test", "Origin: https://a.test"))));

    [Theory]
    [InlineData("OPTIONS", "https://a.test", true)]
    [InlineData("OPTIONS", "https://b.test", false)]
    [InlineData("GET", "https://a.test", false)]
    public void Every_options_request_of_an_allowed_origin_is_a_preflight(string method, string origin, bool preflight) =>
        Assert.Equal(preflight, Filter("https://a.test").IsPreflight(TestRequest.Read($"{method} / HTTP/1.1\nHost: h\nOrigin: {origin}")));

    [Fact]
    public void All_headers_are_written()
    {
        var policy = new CorsPolicy { AllowOrigins = ["https://a.test"], AllowMethods = "POST, GET", ExposeHeaders = "X-E", MaxAgeSeconds = -1 };
        var headers = new WrittenHeaders();
        new CorsFilter(policy, default).Write(TestRequest.Read(TestRequest.Get("/", "Origin: https://A.test")), headers);
        Assert.Equal(
            [
                ("Access-Control-Allow-Origin", "https://A.test"),
                ("Access-Control-Allow-Credentials", "true"),
                ("Access-Control-Allow-Methods", "POST, GET"),
                ("Access-Control-Allow-Headers", policy.AllowHeaders),
                ("Access-Control-Expose-Headers", "X-E"),
                ("Access-Control-Max-Age", "-1"),
            ],
            headers.All);
    }

    private static CorsFilter Filter(params string[] origins) => new(new CorsPolicy { AllowOrigins = [.. origins] }, default(HeaderIdSet));
}
