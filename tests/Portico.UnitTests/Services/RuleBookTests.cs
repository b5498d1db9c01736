using Portico.Kubernetes.Resources;
using Portico.Services;
using Portico.Services.Planning;
using Portico.Services.Rules;
using Xunit;
using static Portico.UnitTests.Services.ClusterObjects;

namespace Portico.UnitTests.Services;

public class RuleBookTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 100)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_same_Services_give_the_same_rules_whatever_the_order_and_the_chunks_of_changes(int seed)
    {
        var random = new Random(seed);
        var book = new RuleBook(IpFamily.IPv4, ThisNode);
        var kernel = new TableModel();
        var now = new Dictionary<ServicePortName, ServicePlan>();
        Commit(book, kernel, everything: true);
        for (var step = 0; step < 120; step++)
        {
            var plan = SomePlan(random);
            if (random.Next(4) == 0)
            {
                now.Remove(plan.Name);
                book.Remove(plan.Name);
            }
            else
            {
                now[plan.Name] = plan;
                book.Put(plan);
            }

            if (random.Next(3) == 0)
            {
                Commit(book, kernel, everything: random.Next(10) == 0);
            }
        }

        Commit(book, kernel, everything: false);
        var fresh = new TableModel();
        var other = new RuleBook(IpFamily.IPv4, ThisNode);
        foreach (var plan in now.Values.OrderBy(_ => random.Next()))
        {
            other.Put(plan);
        }

        fresh.Run(other.Everything(replace: false).Text());
        Assert.Equal(fresh.Meaning(), kernel.Meaning());
        Assert.Equal(kernel.Count, book.Kernel.Count);
        foreach (var name in now.Keys)
        {
            book.Remove(name);
        }

        Commit(book, kernel, everything: false);
        Assert.Equal(0, kernel.OfServices);
    }

    [Fact]
    public void No_change_writes_nothing()
    {
        var book = new RuleBook(IpFamily.IPv4, ThisNode);
        var plan = Plan(Web, Slice(Endpoint("10.1.1.2"), Endpoint("10.1.2.2"))).Plans[0];
        book.Put(plan);
        Commit(book, new TableModel(), everything: true);
        book.Put(plan with { Endpoints = plan.Endpoints with { Cluster = [.. plan.Endpoints.Cluster] } });
        Assert.True(book.Changes().IsEmpty);
    }

    [Fact]
    public void An_endpoint_that_leaves_changes_two_places_however_long_the_list_is()
    {
        var book = new RuleBook(IpFamily.IPv4, ThisNode);
        var endpoints = Enumerable.Range(1, 200).Select(i => Endpoint($"10.2.1.{i}", "other")).ToList();
        book.Put(Plan(Web, Slice([.. endpoints])).Plans[0]);
        Commit(book, new TableModel(), everything: true);
        endpoints.RemoveAt(50);
        book.Put(Plan(Web, Slice([.. endpoints])).Plans[0]);
        var elements = book.Changes().Text().Split('\n').Where(l => l.Contains(" element ", StringComparison.Ordinal)).Sum(l => l.Split(", ").Length);
        Assert.Equal(6, elements); // the place is taken by the last one: two deleted, one added; the entry goes another way, that for 199: one and one; the way is new: one
    }

    [Fact]
    public void An_endpoint_that_takes_the_place_of_another_costs_the_same_however_many_ways_lead_to_it()
    {
        var book = new RuleBook(IpFamily.IPv4, ThisNode);
        var service = Web with { Spec = Web.Spec with { ExternalIPs = ["198.51.100.1", "198.51.100.2", "198.51.100.3"] } };
        book.Put(Plan(service, Slice(Endpoint("10.2.1.1", "other"), Endpoint("10.2.1.2", "other"))).Plans[0]);
        Commit(book, new TableModel(), everything: true);
        book.Put(Plan(service, Slice(Endpoint("10.2.1.1", "other"), Endpoint("10.2.1.3", "other"))).Plans[0]);
        var change = book.Changes();
        Assert.Equal(("", 1, 1), (change.Structure, change.Removed.Length, change.Added.Length));
    }

    [Fact]
    public void What_two_Services_claim_is_the_first_ones_by_name_and_the_others_when_that_goes()
    {
        var book = new RuleBook(IpFamily.IPv4, ThisNode);
        var second = Web with { Metadata = Web.Metadata with { Name = "xeb" } };
        book.Put(Plan(second).Plans[0]);
        book.Put(Plan(Web, Slice(Endpoint("10.1.1.2"))).Plans[0]);
        book.Put(Plan(second, Slice(Endpoint("10.1.3.2"))).Plans[0]);
        var conflict = Assert.Single(book.Conflicts);
        Assert.Equal(("ns1/web:http", "ns1/xeb:http"), (conflict.Owner.ToString(), conflict.Loser.ToString()));
        Assert.Contains("10.1.1.2", ReachedAt80(book), StringComparison.Ordinal);
        book.Remove(WebPort);
        Assert.Empty(book.Conflicts);
        Assert.Contains("10.1.3.2", ReachedAt80(book), StringComparison.Ordinal);
    }

    /// <summary>Ranges that lie within each other would make the kernel refuse all rules; ranges of another would let strangers in.</summary>
    [Fact]
    public void Whom_a_Service_lets_in_has_no_part_in_an_entry_that_another_has()
    {
        var book = new RuleBook(IpFamily.IPv4, ThisNode);
        var first = Web with { Spec = Web.Spec with { Type = "LoadBalancer" }, LoadBalancer = [new LoadBalancerIngress { Ip = "198.51.100.10" }] };
        var second = first with { Metadata = first.Metadata with { Name = "xeb" }, Spec = first.Spec with { ClusterIP = "10.96.0.11", LoadBalancerSourceRanges = ["10.1.0.0/16"] } };
        book.Put(Plan(second).Plans[0]);
        Assert.Equal("198.51.100.10 . tcp . 80 . 10.1.0.0/16", LetIn(book));
        book.Put(Plan(first).Plans[0]);
        Assert.Equal("", LetIn(book));
        book.Put(Plan(first with { Spec = first.Spec with { LoadBalancerSourceRanges = ["10.0.0.0/8"] } }).Plans[0]);
        Assert.Equal("198.51.100.10 . tcp . 80 . 10.0.0.0/8", LetIn(book));
        book.Put(Plan(second).Plans[0]);
        Assert.Equal("198.51.100.10 . tcp . 80 . 10.0.0.0/8", LetIn(book));
        book.Put(Plan(first with { LoadBalancer = [] }).Plans[0]);
        Assert.Equal("198.51.100.10 . tcp . 80 . 10.1.0.0/16", LetIn(book));
        Assert.Empty(book.Conflicts);

        static string LetIn(RuleBook book) => string.Join(' ', book.Everything(replace: false).Added.Where(e => e.Key.Set == RuleSet.AllowedSources).Select(e => e.Key.Key));
    }

    private static string ReachedAt80(RuleBook book)
    {
        var kernel = new TableModel();
        kernel.Run(book.Everything(replace: false).Text());
        return Assert.Single(kernel.Meaning(), m => m.StartsWith("service-ids 10.96.0.10 . tcp . 80", StringComparison.Ordinal));
    }

    private static void Commit(RuleBook book, TableModel kernel, bool everything)
    {
        var transaction = everything ? book.Everything(replace: false) : book.Changes();
        kernel.Run(transaction.Text());
        book.Committed(transaction);
    }

    /// <summary>Any Service of a few, with any policies, endpoints and ways in; some of them clash.</summary>
    private static ServicePlan SomePlan(Random random)
    {
        var i = random.Next(6);
        bool Maybe() => random.Next(2) == 0;
        var service = new Service
        {
            Metadata = new ObjectMeta { Namespace = "ns1", Name = $"s{i}" },
            Spec = new ServiceSpec
            {
                Type = random.GetItems(["ClusterIP", "NodePort", "LoadBalancer"], 1)[0],
                ClusterIP = $"10.96.0.{10 + i}",
                InternalTrafficPolicy = Maybe() ? "Local" : "Cluster",
                ExternalTrafficPolicy = Maybe() ? "Local" : "Cluster",
                SessionAffinity = Maybe() ? "ClientIP" : "None",
                LoadBalancerSourceRanges = Maybe() ? [$"203.0.113.{random.Next(3)}/32"] : [],
                ExternalIPs = Maybe() ? [$"198.51.100.{random.Next(3)}"] : [],
                Ports = [new ServicePort { Name = "http", Port = 80, NodePort = 30000 + random.Next(4), Protocol = Maybe() ? "UDP" : "TCP" }],
            },
            LoadBalancer = [new LoadBalancerIngress { Ip = $"198.51.100.{100 + random.Next(3)}" }],
        };
        var endpoints = Enumerable.Range(0, random.Next(6)).Select(_ => Endpoint($"10.1.1.{random.Next(1, 9)}", Maybe() ? "node" : "other", Maybe(), true, Maybe()));
        var slice = Slice([.. endpoints]) with { Ports = [new EndpointPort { Name = "http", Port = 8080, Protocol = service.Spec.Ports[0].Protocol }] };
        return Plan(service, slice).Plans[0];
    }
}
