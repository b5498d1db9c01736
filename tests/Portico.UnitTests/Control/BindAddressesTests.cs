using System.Net;
using System.Net.Sockets;
using Portico.Model;
using Portico.Proxy.Routing;
using Portico.Proxy.Serving;
using Xunit;

namespace Portico.UnitTests.Control;

public class BindAddressesTests
{
    private static readonly GlobalSettings Listed = new() { BindAddresses = [IPAddress.Loopback, IPAddress.IPv6Loopback], DisableIPv6 = true };

    [Fact]
    public void The_configuration_decides_when_the_command_line_does_not()
    {
        var addresses = new BindAddresses([]);
        addresses.Choose(Listed);

        Assert.Equal([IPAddress.Loopback], addresses.InUse);
        Assert.Empty(addresses.FindProblems(Listed));
    }

    [Fact]
    public void The_command_line_wins_and_says_so()
    {
        var addresses = new BindAddresses([IPAddress.Parse("127.0.0.9")]);
        addresses.Choose(Listed);

        Assert.Equal([IPAddress.Parse("127.0.0.9")], addresses.InUse);
        Assert.Contains("--bind-address", Assert.Single(addresses.FindProblems(Listed)).Message, StringComparison.Ordinal);
        Assert.Empty(addresses.FindProblems(new GlobalSettings()));
    }

    [Fact]
    public void A_later_change_asks_for_a_restart_and_is_forgotten_when_it_is_taken_back()
    {
        var addresses = new BindAddresses([]);
        addresses.Choose(Listed);

        Assert.Equal(RoutingProblem.NeedsRestart, Assert.Single(addresses.FindProblems(new GlobalSettings())).Reason);
        Assert.Empty(addresses.FindProblems(Listed with { }));
    }

    [Fact]
    public void No_address_left_is_a_failed_start() =>
        Assert.Throws<IOException>(() => new BindAddresses([]).Choose(Listed with { BindAddresses = [IPAddress.IPv6Loopback] }));

    [Fact]
    public void A_port_that_another_gateway_shares_is_refused()
    {
        // .NET's ReuseAddress sets SO_REUSEPORT too: what another gateway of the same user has.
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        var addresses = new BindAddresses([IPAddress.Loopback]);
        addresses.Choose(new GlobalSettings());

        var refusal = Assert.Throws<IOException>(() => addresses.RefuseTaken(new Portico.Model.Listener
        {
            Name = "http", Protocol = ListenerProtocol.Http, Port = ((IPEndPoint)other.LocalEndPoint!).Port, Hosts = HostTable.Empty,
        }));
        Assert.Contains("in use", refusal.Message, StringComparison.Ordinal);
    }
}
