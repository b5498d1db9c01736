using System.Collections.Immutable;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Proxy.Answers;
using Portico.Proxy.Balancing;
using Portico.Proxy.Policies;
using Portico.Proxy.Requests;
using Portico.Proxy.Routing;
using Portico.UnitTests.Requests;
using Xunit;

namespace Portico.UnitTests.Policies;

public class HttpsRedirectFilterTests
{
    private static readonly HttpsRedirectPolicy Always = new() { Always = true };
    private static readonly HttpsRedirectPolicy WithCertificate = new() { Always = false };
    private static readonly GlobalSettings Trusting = new() { Forwarded = new ForwardedHeadersSettings { UseForwardedHeaders = true } };

    [Theory]
    [InlineData("/foo/bar?x=1&y=%2F", "https://h.test/foo/bar?x=1&y=%2F")]
    [InlineData("//a/./b%20c", "https://h.test//a/./b%20c")]
    [InlineData("/foo/", "https://h.test/foo")]
    [InlineData("/", "https://h.test")]
    [InlineData("/x?next=/", "https://h.test/x?next=")]
    public void Path_and_query_are_kept_except_one_last_slash(string target, string location) =>
        Assert.Equal(location, Location(Always, TestRequest.Get(target)));

    [Fact]
    public void The_last_slash_can_be_kept() =>
        Assert.Equal("https://h.test/foo/", Location(Always with { PreserveTrailingSlash = true }, TestRequest.Get("/foo/")));

    [Theory]
    [InlineData("h.test:8080", null, "https://h.test/x")]
    [InlineData("H.Test", null, "https://H.Test/x")]
    [InlineData("h.test:8080", 443, "https://h.test:443/x")]
    [InlineData("[2001:db8::1]:8080", null, "https://[2001:db8::1]/x")]
    public void The_port_of_the_host_is_dropped(string host, int? port, string location) =>
        Assert.Equal(location, Location(Always with { Port = port }, $"GET /x HTTP/1.1\nHost: {host}"));

    [Fact]
    public void The_status_is_the_configured_one()
    {
        var context = TestRequest.Read(TestRequest.Get());
        Assert.Equal(308, new HttpsRedirectFilter(Always).Answer(context).Status);
        var answer = new HttpsRedirectFilter(Always with { Status = 302 }).Answer(context);
        Assert.Equal((302, AnswerReason.HttpsRedirect, true), (answer.Status, answer.Reason, answer.SendsLocation));
    }

    [Theory]
    [InlineData("a.test", true)]
    [InlineData("A.test:80", true)]
    [InlineData("x.b.test", true)]
    [InlineData("x.y.b.test", false)]
    [InlineData("b.test", false)]
    [InlineData("unusable.test", true)]
    [InlineData("other.test", false)]
    public void Without_force_only_hosts_with_a_certificate_entry_are_redirected(string host, bool redirected)
    {
        var routes = RoutesWithCertificates("a.test", "*.b.test", "unusable.test");
        var context = TestRequest.Read($"GET / HTTP/1.1\nHost: {host}", routes: routes);
        Assert.Equal(redirected, new HttpsRedirectFilter(WithCertificate).Applies(context));
    }

    [Fact]
    public void Force_needs_no_certificate() => Assert.True(new HttpsRedirectFilter(Always).Applies(TestRequest.Read(TestRequest.Get())));

    [Fact]
    public void An_https_connection_is_not_redirected() =>
        Assert.False(new HttpsRedirectFilter(Always).Applies(TestRequest.Read(TestRequest.Get(), connection: TestRequest.Connection(tls: true))));

    [Theory]
    [InlineData("https", false, false)]
    [InlineData("http", true, true)]
    [InlineData("HTTP", false, false)]
    [InlineData("myproto", false, false)]
    public void A_trusted_scheme_decides(string scheme, bool tls, bool redirected)
    {
        var context = TestRequest.Read(TestRequest.Get("/", "X-Forwarded-Proto: " + scheme), Trusting, connection: TestRequest.Connection(tls: tls));
        Assert.Equal(redirected, new HttpsRedirectFilter(Always).Applies(context));
    }

    [Fact]
    public void An_untrusted_scheme_does_not() =>
        Assert.True(new HttpsRedirectFilter(Always).Applies(TestRequest.Read(TestRequest.Get("/", "X-Forwarded-Proto: https"))));

    [Fact]
    public void A_trusted_host_is_redirected_to() =>
        Assert.Equal("https://public.test/", Location(Always with { PreserveTrailingSlash = true }, TestRequest.Get("/", "X-Forwarded-Host: public.test:81, x"), Trusting));

    [Fact]
    public void A_request_without_a_host_cannot_be_redirected()
    {
        var context = TestRequest.Read("GET / HTTP/1.0");
        var answer = new HttpsRedirectFilter(Always).Answer(context);
        Assert.Equal((400, AnswerReason.BadHost), (answer.Status, answer.Reason));
        Assert.Equal(0, context.Location.Length);
    }

    private static string Location(HttpsRedirectPolicy policy, string head, GlobalSettings? settings = null)
    {
        var context = TestRequest.Read(head, settings);
        new HttpsRedirectFilter(policy).Answer(context);
        return TestRequest.Ascii(context.Location.Written);
    }

    private static RoutingTable RoutesWithCertificates(params string[] names)
    {
        var certificate = new Certificate { Name = "test", Fingerprint = "", ChainPem = [], KeyPem = [] };
        var model = new GatewayModel
        {
            Listeners =
            [
                new Listener
                {
                    Name = "https", Protocol = ListenerProtocol.Https, Port = 0, Hosts = HostTable.Empty,
                    Certificates = new CertificateTable(names.ToImmutableDictionary(n => n, _ => (Certificate?)null), certificate),
                },
            ],
        };
        return RoutingTable.Compile(model, null, new BackendRegistry(1));
    }
}
