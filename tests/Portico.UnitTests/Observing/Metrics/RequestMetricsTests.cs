using System.Text;
using Portico.Model;
using Portico.Proxy.Observing.Metrics;
using Xunit;
using HttpMethod = Portico.Http.Messages.HttpMethod;

namespace Portico.UnitTests.Observing.Metrics;

public class RequestMetricsTests
{
    private const string Prefix = "nginx_ingress_controller_";
    private static readonly RequestMetricsOptions Enabled = new() { Enabled = true };
    private static readonly RequestMeasurement Small = new() { RequestMicroseconds = 1000, RequestBytes = 80, ResponseBytes = 200 };

    private static Route RouteOf(string ingress = "i", string path = "/", string service = "echo") => new()
    {
        Origin = new RouteOrigin { Namespace = "ns", Name = ingress, Host = "h.test", Path = path, Service = service },
        Match = new RouteMatch { Path = new PathMatch(PathMatchKind.Prefix, path) },
        Action = new RouteAction.Health(),
    };

    private static VirtualHost HostOf(string name, params HostAlias[] aliases) => new() { Name = name, Aliases = [.. aliases], Routes = [] };

    private static void Record(RequestMetrics metrics, RouteMetrics? route, string host, int status = 200, int shard = 0, string canary = "") =>
        Record(metrics, route, host, Small, status, shard, canary);

    private static void Record(
        RequestMetrics metrics, RouteMetrics? route, string host, RequestMeasurement measurement, int status = 200, int shard = 0, string canary = "") =>
        metrics.Shard(shard).Record(
            route, Encoding.UTF8.GetBytes(host), MethodLabel.Of(HttpMethod.Get, "GET"u8), status, Encoding.UTF8.GetBytes(canary), in measurement);

    [Fact]
    public async Task A_request_is_counted_under_the_labels_of_its_route()
    {
        var metrics = new RequestMetrics(Enabled, 1);
        var route = metrics.For(RouteOf("i", "/foo"), HostOf("h.test"));

        Record(metrics, route, "h.test", canary: "ns-canary-80");

        var page = await MetricsText.OfAsync(new RequestMetricsPage(metrics, new ConstantLabels("ingress-nginx", "k8s.io/ingress-nginx", "pod-1")).Families);
        Assert.Contains(
            "nginx_ingress_controller_requests{canary=\"ns-canary-80\",controller_class=\"k8s.io/ingress-nginx\",controller_namespace=\"ingress-nginx\","
            + "controller_pod=\"pod-1\",host=\"h.test\",ingress=\"i\",method=\"GET\",namespace=\"ns\",path=\"/foo\",service=\"echo\",status=\"200\"} 1\n",
            page.Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shards_add_up()
    {
        var metrics = new RequestMetrics(Enabled, 3);
        var route = metrics.For(RouteOf(), HostOf("h.test"));
        for (var shard = 0; shard < 3; shard++)
        {
            Record(metrics, route, "h.test", shard: shard);
            Record(metrics, route, "h.test", status: 404, shard: shard);
        }

        var page = await MetricsText.OfAsync(metrics);

        Assert.Equal([("200", 3d), ("404", 3d)], page.All(Prefix + "requests").Select(s => (s["status"], s.Value)));
        Assert.All(page.All(Prefix + "request_size_count"), s => Assert.Equal(3, s.Value));
        Assert.All(page.All(Prefix + "response_size_sum"), s => Assert.Equal(600, s.Value));
        Assert.All(page.All(Prefix + "request_duration_seconds_sum"), s => Assert.Equal(0.003, s.Value));
    }

    [Fact]
    public async Task Times_of_the_backend_exist_only_where_a_backend_was_reached()
    {
        var metrics = new RequestMetrics(Enabled, 1);
        var route = metrics.For(RouteOf(), HostOf("h.test"));

        Record(metrics, route, "h.test", status: 308);
        var without = await MetricsText.OfAsync(metrics);
        Record(metrics, route, "h.test", Small with { ConnectMicroseconds = 0, HeaderMicroseconds = 30_000, ResponseMicroseconds = 31_000 });
        var with = await MetricsText.OfAsync(metrics);

        Assert.DoesNotContain(without.Samples, s => s.Name.Contains("connect_duration", StringComparison.Ordinal));
        Assert.DoesNotContain(without.Samples, s => s.Name.Contains("response_duration", StringComparison.Ordinal));
        Assert.Equal(0.03, with.One(Prefix + "header_duration_seconds_sum").Value);
        Assert.Equal(1, with.One(Prefix + "connect_duration_seconds_count").Value);
        Assert.Equal(
            ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"],
            with.All(Prefix + "header_duration_seconds_bucket").Select(s => s["le"]));
        Assert.Equal([0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1], with.All(Prefix + "header_duration_seconds_bucket").Select(s => s.Value));
    }

    [Fact]
    public async Task Buckets_can_be_chosen()
    {
        var metrics = new RequestMetrics(Enabled with { TimeBuckets = [0.5], LengthBuckets = [100], SizeBuckets = [1, 1e6] }, 1);
        Record(metrics, metrics.For(RouteOf(), HostOf("h.test")), "h.test");

        var page = await MetricsText.OfAsync(metrics);

        Assert.Equal(["0.5", "+Inf"], page.All(Prefix + "request_duration_seconds_bucket").Select(s => s["le"]));
        Assert.Equal([1, 1], page.All(Prefix + "request_size_bucket").Select(s => s.Value));
        Assert.Equal([0, 1], page.All(Prefix + "response_size_bucket").Select(s => s.Value));
        Assert.Equal(["1", "1e+06", "+Inf"], page.All(Prefix + "bytes_sent_bucket").Select(s => s["le"]));
    }

    [Fact]
    public async Task Without_enable_metrics_nothing_is_kept_or_written()
    {
        var metrics = new RequestMetrics(new RequestMetricsOptions(), 1);
        var route = metrics.For(RouteOf(), HostOf("h.test"));
        Record(metrics, route, "h.test");

        Assert.Null(route);
        Assert.Equal("", (await MetricsText.OfAsync(metrics)).Text);
    }

    [Fact]
    public void A_route_that_is_not_to_be_counted_has_no_handle() =>
        Assert.Null(new RequestMetrics(Enabled, 1).For(RouteOf() with { Metrics = false }, HostOf("h.test")));

    [Theory]
    [InlineData("h.test", "h.test", true)]
    [InlineData("h.test", "alias.test", true)]
    [InlineData("h.test", "x.wild.test", false)]
    [InlineData("*.w.test", "a.w.test", false)]
    [InlineData("_", "unknown.test", false)]
    [InlineData("_", "", true)]
    public async Task Hosts_are_compared_literally(string name, string requested, bool counted)
    {
        var metrics = new RequestMetrics(Enabled, 1);
        var host = HostOf(name, new HostAlias("alias.test", HostAliasKind.Exact), new HostAlias("*.wild.test", HostAliasKind.Wildcard));
        Record(metrics, metrics.For(RouteOf(), host), requested);

        var page = await MetricsText.OfAsync(metrics);

        Assert.Equal(counted ? [requested.Length == 0 ? name : requested] : [], page.All(Prefix + "requests").Select(s => s["host"]));
    }

    [Fact]
    public async Task Undefined_hosts_are_counted_when_asked_for()
    {
        var metrics = new RequestMetrics(Enabled with { PerUndefinedHost = true }, 2);
        var route = metrics.For(RouteOf(), HostOf("*.w.test"));
        Record(metrics, route, "b.w.test");
        Record(metrics, route, "a.w.test");
        Record(metrics, route, "a.w.test", shard: 1);

        var page = await MetricsText.OfAsync(metrics);

        Assert.Equal([("a.w.test", 2d), ("b.w.test", 1d)], page.All(Prefix + "requests").Select(s => (s["host"], s.Value)));
    }

    [Fact]
    public async Task Requests_that_no_route_took_count_for_the_catch_all()
    {
        var metrics = new RequestMetrics(Enabled with { PerUndefinedHost = true }, 1);
        metrics.Retain([]);
        Record(metrics, metrics.Unrouted, "unknown.test", 404);

        var sample = (await MetricsText.OfAsync(metrics)).One(Prefix + "requests");

        Assert.Equal(("unknown.test", "", "", "404"), (sample["host"], sample["namespace"], sample["ingress"], sample["status"]));
    }

    [Fact]
    public async Task Undefined_hosts_have_an_end()
    {
        var metrics = new RequestMetrics(Enabled with { PerUndefinedHost = true, UndefinedHostSeriesPerShard = 5 }, 1);
        var route = metrics.For(RouteOf(), HostOf("_"));
        for (var i = 0; i < 20; i++)
        {
            Record(metrics, route, $"h{i % 8}.test");
        }

        var page = await MetricsText.OfAsync(metrics);

        Assert.Equal(5, page.All(Prefix + "requests").Count());
        Assert.Equal(20, page.All(Prefix + "requests").Sum(s => s.Value) + metrics.RefusedRequests);
    }

    [Fact]
    public async Task A_host_that_is_no_UTF8_does_not_spoil_the_page()
    {
        var metrics = new RequestMetrics(Enabled with { PerUndefinedHost = true }, 1);
        var route = metrics.For(RouteOf(), HostOf("_"));
        metrics.Shard(0).Record(route, [0xFF, 0xFE], MethodLabel.Of(HttpMethod.Get, "GET"u8), 200, [], in Small);

        Assert.Equal("", (await MetricsText.OfAsync(metrics)).Text);
        Assert.Equal(1, metrics.RefusedRequests);
    }

    [Fact]
    public async Task Without_the_host_label_everything_counts()
    {
        var metrics = new RequestMetrics(Enabled with { PerHost = false }, 1);
        Record(metrics, metrics.For(RouteOf("w"), HostOf("*.w.test")), "a.w.test");
        Record(metrics, metrics.For(RouteOf("w"), HostOf("v.test")), "v.test");

        var sample = (await MetricsText.OfAsync(metrics)).One(Prefix + "requests");

        Assert.Equal(2, sample.Value);
        Assert.Equal("w", sample["ingress"]);
        Assert.DoesNotContain("host", sample.Labels.Keys);
    }

    [Fact]
    public async Task Statuses_can_be_put_together_by_class()
    {
        var metrics = new RequestMetrics(Enabled with { StatusClasses = true }, 1);
        var route = metrics.For(RouteOf(), HostOf("h.test"));
        foreach (var status in new[] { 200, 204, 404, 499, 503 })
        {
            Record(metrics, route, "h.test", status);
        }

        var page = await MetricsText.OfAsync(metrics);

        Assert.Equal([("2xx", 2d), ("4xx", 2d), ("5xx", 1d)], page.All(Prefix + "requests").Select(s => (s["status"], s.Value)));
    }

    [Fact]
    public async Task Excluded_metrics_disappear_and_unknown_names_change_nothing()
    {
        var metrics = new RequestMetrics(
            Enabled with { Excluded = ["requests", "nginx_ingress_controller_request_size", "no_such_metric"] }, 1);
        Record(metrics, metrics.For(RouteOf(), HostOf("h.test")), "h.test");

        var page = await MetricsText.OfAsync(metrics);

        Assert.DoesNotContain(Prefix + "requests", page.Types.Keys);
        Assert.DoesNotContain(Prefix + "request_size", page.Types.Keys);
        Assert.Equal(80 + 120, page.One(Prefix + "bytes_sent_sum").Value);
    }

    [Fact]
    public async Task Series_live_across_snapshots_and_go_with_their_route()
    {
        var metrics = new RequestMetrics(Enabled, 1);
        var stays = metrics.For(RouteOf("stays"), HostOf("h.test"));
        var goes = metrics.For(RouteOf("goes"), HostOf("h.test"));
        var loses = metrics.For(RouteOf("alias"), HostOf("h.test", new HostAlias("old.test", HostAliasKind.Exact)));
        metrics.Retain([stays!, goes!, loses!]);
        Record(metrics, stays, "h.test");
        Record(metrics, goes, "h.test");
        Record(metrics, loses, "h.test");
        Record(metrics, loses, "old.test");

        // The next snapshot: one route compiled anew with the same labels, one gone, one without its alias.
        var again = metrics.For(RouteOf("stays"), HostOf("h.test"));
        var without = metrics.For(RouteOf("alias"), HostOf("h.test"));
        metrics.Retain([again!, without!]);
        Record(metrics, again, "h.test");
        Record(metrics, goes, "h.test");

        var page = await MetricsText.OfAsync(metrics);
        Assert.Equal(
            [("alias", "h.test", 1d), ("stays", "h.test", 2d)],
            page.All(Prefix + "requests").Select(s => (s["ingress"], s["host"], s.Value)));
    }

    [Fact]
    public async Task A_scrape_beside_a_running_shard_sees_counters_that_only_grow()
    {
        var metrics = new RequestMetrics(Enabled, 1);
        var route = metrics.For(RouteOf(), HostOf("h.test"));
        using var stop = new CancellationTokenSource();
        var shard = Task.Run(
            () =>
            {
                // New statuses make the table grow under the scraper's eyes.
                for (var i = 0; !stop.IsCancellationRequested; i++)
                {
                    Record(metrics, route, "h.test", 200 + ((i >> 6) % 400));
                }
            },
            TestContext.Current.CancellationToken);

        var last = 0d;
        for (var scrape = 0; scrape < 30; scrape++)
        {
            var page = await MetricsText.OfAsync(metrics);
            var total = page.All(Prefix + "requests").Sum(s => s.Value);
            Assert.InRange(total, last, double.MaxValue);
            last = total;
            foreach (var group in page.All(Prefix + "request_size_bucket").GroupBy(s => s["status"]))
            {
                Assert.Equal(group.Select(s => s.Value).Order(), group.Select(s => s.Value));
            }
        }

        await stop.CancelAsync();
        await shard;
    }

    [Fact]
    public void Counting_allocates_nothing_once_the_series_exists()
    {
        var metrics = new RequestMetrics(Enabled with { PerUndefinedHost = true }, 1);
        var route = metrics.For(RouteOf(), HostOf("h.test"));
        var shard = metrics.Shard(0);
        byte[] canary = [];
        void RecordAll()
        {
            for (var status = 200; status < 210; status++)
            {
                shard.Record(route, "h.test"u8, 1, status, canary, in Small);
                shard.Record(route, "x.test"u8, 1, status, canary, in Small);
            }
        }

        Assert.Equal(0, Allocated.AtLeast(RecordAll, times: 1));
    }

    [Theory]
    [InlineData(HttpMethod.Post, "POST", "POST")]
    [InlineData(HttpMethod.Other, "PROPFIND", "PROPFIND")]
    [InlineData(HttpMethod.Other, "propfind", "OTHER")]
    [InlineData(HttpMethod.Other, "X-MADE-UP", "OTHER")]
    public void Clients_cannot_make_up_method_labels(HttpMethod method, string token, string label) =>
        Assert.Equal(label, MethodLabel.NameOf(MethodLabel.Of(method, Encoding.ASCII.GetBytes(token))));

    [Fact]
    public void Undefined_hosts_need_the_host_label() =>
        Assert.NotNull(new RequestMetricsOptions { PerHost = false, PerUndefinedHost = true }.FindError());
}
