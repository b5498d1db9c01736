using Portico.Cli;
using Portico.Services;
using Xunit;

namespace Portico.UnitTests.Cli;

public sealed class NodeCommandLineTests
{
    [Theory]
    [InlineData("--cluster-cidr: '10.1.0.0' is no network; write it like 10.1.0.0/16", "--cluster-cidr", "10.1.0.0")]
    [InlineData("--service-cidr: 'x' is no network; write it like 10.1.0.0/16", "--service-cidr", "10.96.0.0/16,x")]
    [InlineData("--nodeport-addresses: 'primary' is no network; write it like 10.1.0.0/16", "--nodeport-addresses", "primary,10.0.0.0/8")]
    [InlineData("--service-node-port-range: '5' is no range; write it like 30000-32767", "--service-node-port-range", "5")]
    [InlineData("--service-node-port-range: '32767-30000' is no range; write it like 30000-32767", "--service-node-port-range", "32767-30000")]
    [InlineData("--healthz-host: 'x' is no address", "--healthz-host", "x")]
    [InlineData("--healthz-port: '65536' is no port; write a number from 0 to 65535", "--healthz-port", "65536")]
    [InlineData("--metrics-port: 'x' is no port; write a number from 0 to 65535", "--metrics-port", "x")]
    [InlineData("--pod-bridge-interface: 'a\"b' is no name of an interface", "--pod-bridge-interface", "a\"b")]
    [InlineData("--pod-bridge-interface: 'abcdefghijklmnop' is no name of an interface", "--pod-bridge-interface", "abcdefghijklmnop")]
    [InlineData("--pod-interface-name-prefix: 'veth*' is no name of an interface", "--pod-interface-name-prefix", "veth*")]
    [InlineData("--cluster-cidr, --pod-bridge-interface and --pod-interface-name-prefix are three ways to tell pods; give one of them", "--cluster-cidr", "10.1.0.0/16", "--pod-bridge-interface", "cni0")]
    [InlineData("--once, --dry-run and --cleanup are three things to do; give one of them", "--dry-run", "--cleanup")]
    [InlineData("--manifests and --kubeconfig are two places to read Services from; give one of them", "--manifests", "x", "--kubeconfig", "y")]
    public void What_cannot_be_meant_is_refused_with_the_flag_and_what_to_write(string refusal, params string[] arguments) =>
        Assert.Equal(refusal, Read(arguments).Refusal);

    [Fact]
    public void Pods_are_told_by_addresses_by_a_bridge_or_by_the_beginning_of_interfaces()
    {
        Assert.Equal("", Node("--cluster-cidr", "10.1.0.0/16").PodInterface);
        Assert.Equal("cni0", Node("--pod-bridge-interface", "cni0").PodInterface);
        Assert.Equal("veth*", Node("--pod-interface-name-prefix", "veth").PodInterface);
        Assert.Equal("cni0", Node("--pod-bridge-interface", "cni0", "--cluster-cidr", "").PodInterface);
    }

    [Theory]
    [InlineData("primary", NodePortScope.Primary)]
    [InlineData("", NodePortScope.Primary)]
    [InlineData("all", NodePortScope.All)]
    [InlineData("10.0.0.0/8,fd00::/8", NodePortScope.Networks)]
    public void Node_ports_are_on_the_nodes_address_on_all_or_in_networks(string value, NodePortScope scope) =>
        Assert.Equal(scope, Node("--nodeport-addresses", value).NodePortScope);

    [Fact]
    public void A_name_that_is_empty_is_none() => Assert.NotEqual("", Node("--node-name", "").Name);

    private static NodeSettings Node(params string[] arguments) => Read(arguments) is { Options: { } options } ? options.Node : throw new InvalidOperationException(Read(arguments).Refusal);

    private static (ServiceProxyOptions? Options, string? Refusal) Read(string[] arguments)
    {
        var parsed = CommandLine.Root((_, _) => Task.FromResult(0)).Parse(["node", .. arguments]);
        if (parsed.Errors is [var error, ..])
        {
            return (null, error.Message);
        }

        try
        {
            NodeFlags.RequireOneWish(parsed);
            return (NodeFlags.OptionsOf(parsed), null);
        }
        catch (FormatException e)
        {
            return (null, e.Message);
        }
    }
}
