using Portico.Cli;
using Portico.Flags;
using Portico.Install;
using Portico.Install.GoTemplate;
using Xunit;

namespace Portico.UnitTests.Install;

public class ChartTests
{
    private static readonly Release Default = new("portico", "portico");

    [Theory]
    [InlineData("loadbalancer", "Deployment", "LoadBalancer")]
    [InlineData("hostnetwork", "DaemonSet", null)]
    [InlineData("nodeport", "Deployment", "NodePort")]
    public void Each_mode_exposes_the_gateway_its_own_way(string mode, string kind, string? serviceType)
    {
        var objects = Render(mode);

        Assert.Single(objects, o => o.Kind == kind && o.Name == "portico-controller");
        Assert.Equal(serviceType, objects.SingleOrDefault(o => o.Kind == "Service" && o.Name == "portico-controller")?["spec.type"]);
    }

    [Fact]
    public void Nodes_that_carry_the_gateway_are_chosen_by_a_label_and_their_network_is_used()
    {
        var pod = Pod(Render("hostnetwork"));

        Assert.Equal(true, pod["hostNetwork"]);
        Assert.Equal("ClusterFirstWithHostNet", pod["dnsPolicy"]);
        Assert.Equal("true", ((Dictionary<string, object?>)pod["nodeSelector"]!)["portico.dev/gateway"]);
        Assert.Null(pod["securityContext.sysctls"]);
    }

    [Theory]
    [InlineData("loadbalancer")]
    [InlineData("hostnetwork")]
    [InlineData("nodeport")]
    public void The_container_may_do_no_more_than_it_must(string mode)
    {
        var pod = Pod(Render(mode));
        var security = pod.Container("securityContext");

        Assert.Equal(true, pod["securityContext.runAsNonRoot"]);
        Assert.Equal("RuntimeDefault", pod["securityContext.seccompProfile.type"]);
        Assert.Equal(true, security["readOnlyRootFilesystem"]);
        Assert.Equal(["ALL"], (List<object?>)security["capabilities.drop"]!);
        Assert.Equal(["NET_BIND_SERVICE"], (List<object?>)security["capabilities.add"]!);
        Assert.Equal(mode == "hostnetwork", security["allowPrivilegeEscalation"]);
    }

    [Fact]
    public void Secrets_of_the_whole_cluster_are_read_only_when_that_is_asked_for()
    {
        Assert.DoesNotContain(ClusterRules([]), r => r.Contains("secrets"));
        Assert.Contains(ClusterRules(["rbac.secretAccess=cluster"]), r => r.Contains("secrets"));
    }

    [Fact]
    public void A_namespace_whose_Secrets_are_read_gets_a_Role_of_its_own()
    {
        var objects = Render("loadbalancer", "rbac.secretNamespaces={shop,blog,portico}");

        Assert.Equal(["blog", "portico", "shop"], objects.Where(o => o.Kind == "Role").Select(o => o["metadata.namespace"]).Order());
    }

    [Theory]
    [InlineData("loadbalancer")]
    [InlineData("hostnetwork")]
    [InlineData("nodeport")]
    public void Every_flag_of_the_command_line_is_one_that_serve_knows(string mode)
    {
        var arguments = Pod(Render(mode, "controller.watchIngressWithoutClass=true,controller.scope.enabled=true,controller.electionTTL=20s,controller.updateStatus=false")).Arguments;

        Assert.Equal("serve", arguments[0]);
        Assert.Empty(arguments.Skip(1).Select(a => a.Split('=')[0]).Except(ServeFlags.All.Select(f => $"--{f.Name}")));
    }

    [Fact]
    public void Extra_arguments_and_settings_arrive()
    {
        var objects = Render("loadbalancer", "controller.extraArgs.v=2,controller.config.use-gzip=true", "tcp.9000=default/redis:6379");

        Assert.Contains("--v=2", Pod(objects).Arguments);
        Assert.Contains("--tcp-services-configmap=$(POD_NAMESPACE)/portico-tcp", Pod(objects).Arguments);
        Assert.Equal("true", objects.Single(o => o.Kind == "ConfigMap" && o.Name == "portico-controller")["data.use-gzip"]);
        Assert.Equal("default/redis:6379", objects.Single(o => o.Name == "portico-tcp")["data.9000"]);
    }

    [Fact]
    public void The_programs_on_nodes_are_off_until_they_are_asked_for()
    {
        Assert.DoesNotContain(Render("loadbalancer"), o => o.Kind == "DaemonSet");
        Assert.Equal(["portico-loadbalancer", "portico-node"], Render("loadbalancer", "node.enabled=true", "loadbalancer.enabled=true").Where(o => o.Kind == "DaemonSet").Select(o => o.Name).Order());
    }

    [Theory]
    [InlineData("node", "NET_ADMIN")]
    [InlineData("loadbalancer", "NET_RAW")]
    public void A_program_on_nodes_has_the_network_of_the_node_one_capability_and_flags_that_its_verb_knows(string role, string capability)
    {
        var objects = Render("loadbalancer", $"{role}.enabled=true", role == "node" ? "node.extraArgs.cluster-cidr=10.1.0.0/16" : "loadbalancer.announce=true");
        var pod = new ChartObject((Dictionary<string, object?>)objects.Single(o => o.Kind == "DaemonSet")["spec.template.spec"]!);

        Assert.Equal(true, pod["hostNetwork"]);
        Assert.Equal([capability], (List<object?>)pod.Container("securityContext")["capabilities.add"]!);
        Assert.Equal(["ALL"], (List<object?>)pod.Container("securityContext")["capabilities.drop"]!);
        var verb = CommandLine.Root((_, _) => Task.FromResult(0)).Subcommands.Single(c => c.Name == role);
        Assert.Equal(role, pod.Arguments[0]);
        Assert.Empty(pod.Arguments.Skip(1).Select(a => a.Split('=')[0]).Except(verb.Options.Select(o => o.Name)));
        Assert.Equal(role == "node" ? 2 : 3, pod.Arguments.Count);
    }

    [Theory]
    [InlineData("loadbalancer.frr.enabled=true", "emptyDir", "loadbalancer zebra bgpd bfdd")]
    [InlineData("loadbalancer.frrSocketFolder=/run/frr", "hostPath", "loadbalancer")]
    public void FRR_runs_beside_or_on_the_node_and_its_sockets_are_in_a_folder_that_all_have(string setting, string volume, string containers)
    {
        var pod = new ChartObject((Dictionary<string, object?>)Render("loadbalancer", "loadbalancer.enabled=true", setting).Single(o => o.Kind == "DaemonSet")["spec.template.spec"]!);

        Assert.Contains("--frr-sockets=/var/run/frr", pod.Arguments);
        Assert.Equal(["NET_RAW", "DAC_OVERRIDE"], (List<object?>)pod.Container("securityContext")["capabilities.add"]!);
        Assert.Contains(List(pod["volumes"]), v => (string?)v["name"] == "frr" && v.ContainsKey(volume));
        Assert.Equal(containers.Split(' '), List(pod["containers"]).Select(c => (string?)c["name"]));
        Assert.All(List(pod["containers"]), c => Assert.Contains(List(c["volumeMounts"]), m => (string?)m["name"] == "frr" && (string?)m["mountPath"] == "/var/run/frr"));

        Assert.All(List(pod["containers"]).Skip(1), c => Assert.Contains($"/usr/lib/frr/{c["name"]}", (List<object?>)c["command"]!));

        static IEnumerable<Dictionary<string, object?>> List(object? items) => ((List<object?>)items!).Cast<Dictionary<string, object?>>();
    }

    [Fact]
    public void The_program_that_hands_out_addresses_may_write_Services_and_reads_Secrets_of_its_own_namespace_only()
    {
        var objects = Render("loadbalancer", "loadbalancer.enabled=true");
        var cluster = objects.Single(o => o.Kind == "ClusterRole" && o.Name == "portico-loadbalancer");
        var rules = ((List<object?>)cluster["rules"]!).Cast<Dictionary<string, object?>>().ToList();

        Assert.DoesNotContain(rules, r => ((List<object?>)r["resources"]!).Contains("secrets"));
        Assert.Contains(rules, r => ((List<object?>)r["resources"]!).Contains("services/status") && ((List<object?>)r["verbs"]!).SequenceEqual(["patch"]));
        Assert.Single(objects, o => o.Kind == "Role" && o.Name == "portico-loadbalancer");
    }

    [Fact]
    public void A_budget_for_disruptions_needs_more_than_one_replica()
    {
        Assert.Contains(Render("loadbalancer"), o => o.Kind == "PodDisruptionBudget");
        Assert.DoesNotContain(Render("loadbalancer", "controller.replicaCount=1"), o => o.Kind == "PodDisruptionBudget");
    }

    [Fact]
    public void Objects_come_in_the_order_in_which_they_need_each_other()
    {
        var kinds = Render("loadbalancer").Select(o => o.Kind).ToList();

        Assert.True(kinds.IndexOf("ServiceAccount") < kinds.IndexOf("ClusterRoleBinding"));
        Assert.True(kinds.IndexOf("ConfigMap") < kinds.IndexOf("Deployment"));
        Assert.True(kinds.IndexOf("Service") < kinds.IndexOf("ValidatingWebhookConfiguration"));
    }

    [Fact]
    public void A_value_that_the_chart_refuses_is_told_with_its_place()
    {
        var error = Assert.Throws<TemplateException>(() => Render("loadbalancer", "rbac.secretAccess=everything"));

        Assert.Contains("rbac.secretAccess is \"everything\"", error.Message);
        Assert.StartsWith("templates/clusterrole.yaml:", error.Message);
    }

    [Fact]
    public void A_value_that_the_chart_does_not_know_is_found_with_what_was_meant()
    {
        var values = Chart.Embedded().NewValues();

        Assert.Equal(["controller.replicaCont"], values.Overlay(SetFlag.Parse("controller.replicaCont=3", asText: false)));
        Assert.Equal("controller.replicaCount", values.Suggest("controller.replicaCont"));
        Assert.Empty(values.Overlay(SetFlag.Parse("controller.config.anything=1", asText: false)));
    }

    private static List<ChartObject> Render(string mode, params string[] sets)
    {
        var chart = Chart.Embedded();
        var values = chart.NewValues();
        values.Overlay(chart.ModeValues(mode));
        foreach (var set in sets)
        {
            Assert.Empty(values.Overlay(SetFlag.Parse(set, asText: false)));
        }

        return [.. chart.Render(values, Default).Select(text => new ChartObject(ChartYaml.ReadMap(text, "rendered")))];
    }

    private static IEnumerable<List<object?>> ClusterRules(string[] sets) =>
        ((List<object?>)Render("loadbalancer", sets).Single(o => o.Kind == "ClusterRole")["rules"]!)
            .Select(r => (List<object?>)((Dictionary<string, object?>)r!)["resources"]!);

    private static ChartObject Pod(List<ChartObject> objects) =>
        new((Dictionary<string, object?>)objects.Single(o => o.Kind is "Deployment" or "DaemonSet")["spec.template.spec"]!);

    /// <summary>A rendered object, read by paths.</summary>
    private sealed class ChartObject(Dictionary<string, object?> fields)
    {
        public string Kind => (string)fields["kind"]!;

        public string Name => (string)this["metadata.name"]!;

        public object? this[string path] => path.Split('.').Aggregate<string, object?>(fields, (at, step) => (at as Dictionary<string, object?>)?.GetValueOrDefault(step));

        public List<string> Arguments => [.. ((List<object?>)Container("")["args"]!).Cast<string>()];

        public ChartObject Container(string path)
        {
            var container = (Dictionary<string, object?>)((List<object?>)fields["containers"]!)[0]!;
            return new(path.Length == 0 ? container : (Dictionary<string, object?>)container[path]!);
        }
    }
}
