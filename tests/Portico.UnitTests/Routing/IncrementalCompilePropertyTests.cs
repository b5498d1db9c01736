using System.Collections.Immutable;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Portico.Model;
using Portico.Proxy.Balancing;
using Portico.Proxy.Routing;
using Xunit;

namespace Portico.UnitTests.Routing;

/// <summary>A table that was made from the one before must answer like one that was made from nothing.</summary>
public class IncrementalCompilePropertyTests
{
    private static readonly string[] Names = ["_", "a.test", "b.test", "c.test", "*.test", "*.a.test", "x.a.test", "y.b.test", "*.b.test", "d.test"];

    private static readonly HostAlias[] Aliases =
    [
        new("a.test", HostAliasKind.Exact), new("e.test", HostAliasKind.Exact), new("f.test", HostAliasKind.Exact),
        new("*.test", HostAliasKind.Wildcard), new("*.g.test", HostAliasKind.Wildcard),
        new("^[xy]\\.", HostAliasKind.Regex), new("z", HostAliasKind.Regex), new("(", HostAliasKind.Regex),
    ];

    private static readonly string[] Asked =
        [.. Names, "e.test", "f.test", "q.a.test", "q.b.test", "q.g.test", "p.q.g.test", "x.c", "z", "zz.b.test", "other", ""];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_table_that_was_changed_step_by_step_answers_like_a_new_one(bool changesAreTold) =>
        Prop.ForAll(Gen.ListOf(Steps()).ToArbitrary(), steps =>
        {
            var backends = new BackendRegistry(1);
            var hosts = ImmutableDictionary<string, VirtualHost>.Empty;
            var certificates = ImmutableDictionary<string, Certificate?>.Empty;
            RoutingTable? table = null;
            return steps.All(step =>
            {
                var (hostsBefore, certificatesBefore) = (hosts, certificates);
                // Changes come alone or several at once.
                foreach (var (name, aliases) in step)
                {
                    hosts = aliases is null ? hosts.Remove(name) : hosts.SetItem(name, Models.Host(name) with { Aliases = [.. aliases] });
                    certificates = aliases is null ? certificates.Remove(name) : certificates.SetItem(name, null);
                }

                var model = Model(hosts, certificates);
                model = changesAreTold ? WithChanges(model, hostsBefore, certificatesBefore, step.Select(change => change.Name)) : model;
                table = RoutingTable.Compile(model, table, backends);
                var fresh = RoutingTable.Compile(model, null, new BackendRegistry(1));
                return Asked.All(host => Same(table, fresh, host))
                    && table.Problems.Select(problem => problem.ToString()).Order().SequenceEqual(fresh.Problems.Select(problem => problem.ToString()).Order());
            });
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void A_table_of_many_hosts_survives_many_changes()
    {
        var backends = new BackendRegistry(1);
        var hosts = Enumerable.Range(0, 2000).Select(i => Models.Host($"h{i}.test")).ToImmutableDictionary(host => host.Name);
        var table = RoutingTable.Compile(Models.Gateway(hosts, []), null, backends);
        for (var i = 0; i < 300; i++)
        {
            var old = table.Find("h1999.test");
            hosts = hosts.Remove($"h{i}.test").SetItem($"new{i}.test", Models.Host($"new{i}.test")).SetItem($"h{i + 500}.test", Models.Host($"h{i + 500}.test"));
            table = RoutingTable.Compile(Models.Gateway(hosts, []), RoutingTable.Compile(Models.Gateway(hosts, []), table, backends), backends);
            Assert.Same(hosts[$"h{i + 500}.test"], table.Find($"h{i + 500}.test")?.Model);
            Assert.NotNull(old);
        }

        Assert.All(hosts.Values, host => Assert.Same(host, table.Find(host.Name)?.Model));
        Assert.All(Enumerable.Range(0, 300), i => Assert.Null(table.Find($"h{i}.test")));
    }

    private static Gen<List<(string Name, HostAlias[]? Aliases)>> Steps()
    {
        var aliases = Gen.OneOf(
            Gen.Constant<HostAlias[]?>(null),
            Gen.Constant<HostAlias[]?>([]),
            Gen.ListOf(Gen.Elements(Aliases)).Select(list => (HostAlias[]?)[.. list.Distinct()]));
        var change = Gen.Elements(Names).SelectMany(name => aliases.Select(list => (name, list)));
        return Gen.Choose(1, 4).SelectMany(count => Gen.ListOf(change, count)).Select(list => list.ToList());
    }

    private static GatewayModel Model(ImmutableDictionary<string, VirtualHost> hosts, ImmutableDictionary<string, Certificate?> certificates)
    {
        var model = Models.Gateway(hosts, [Models.Backend("app", "10.0.0.1:80")]);
        var listener = model.Listeners[0];
        var certificate = new Certificate { Name = "default", Fingerprint = "1", ChainPem = [], KeyPem = [] };
        return model with { Listeners = [listener with { Certificates = new CertificateTable(certificates, certificate) }] };
    }

    private static GatewayModel WithChanges(
        GatewayModel model, ImmutableDictionary<string, VirtualHost> hosts, ImmutableDictionary<string, Certificate?> certificates, IEnumerable<string> names)
    {
        ImmutableArray<string> changed = [.. names.Distinct()];
        var listener = model.Listeners[0];
        return model with
        {
            Listeners =
            [
                listener with
                {
                    Hosts = listener.Hosts with { Change = new TableChange<string, VirtualHost>(hosts, changed) },
                    Certificates = listener.Certificates! with { Change = new TableChange<string, Certificate?>(certificates, changed) },
                },
            ],
        };
    }

    private static bool Same(RoutingTable one, RoutingTable other, string host) =>
        ReferenceEquals(one.Find(host)?.Model, other.Find(host)?.Model)
        && one.HasCertificate(Encoding.ASCII.GetBytes(host)) == other.HasCertificate(Encoding.ASCII.GetBytes(host));
}
