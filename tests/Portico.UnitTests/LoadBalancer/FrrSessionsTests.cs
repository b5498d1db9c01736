using Portico.LoadBalancer.Bgp.Frr;
using Xunit;

namespace Portico.UnitTests.LoadBalancer;

public class FrrSessionsTests
{
    [Fact]
    public void Sessions_are_read_by_neighbor_with_the_reason_of_their_end()
    {
        var sessions = FrrSessions.Read("""
            {"10.0.0.2": {"bgpState": "Established", "lastResetDueTo": "Waiting for peer OPEN", "connectionsDropped": 2},
             "10.0.0.3": {"bgpState": "Active", "lastNotificationReason": "Hold Timer Expired", "lastResetDueTo": "BGP Notification send"},
             "eth0": {"bgpState": "Idle"}, "warning": "x"}
            """);

        Assert.True(sessions["10.0.0.2"].IsUp);
        Assert.Equal(("Active", "Hold Timer Expired"), (sessions["10.0.0.3"].State, sessions["10.0.0.3"].LastReset));
        Assert.Equal(("Hold Timer Expired", ""), (sessions["10.0.0.3"].Refusal, sessions["10.0.0.2"].Refusal));
        Assert.Equal((2, 0), (sessions["10.0.0.2"].Drops, sessions["eth0"].Drops));
        Assert.Equal("", sessions["eth0"].LastReset);
        Assert.Equal(3, sessions.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("% BGP instance not found")]
    public void What_is_no_list_of_sessions_is_none(string text) => Assert.Empty(FrrSessions.Read(text));

    [Theory]
    [InlineData("TcpExt: A TCPMD5NotFound TCPMD5Unexpected TCPMD5Failure B\nTcpExt: 9 1 2 3 9\nMPTcpExt: TCPMD5Failure\nMPTcpExt: 9", 6)]
    [InlineData("TcpExt: A\nTcpExt: 9", 0)]
    [InlineData("", 0)]
    public void Segments_with_wrong_signatures_are_counted_from_what_the_kernel_says(string text, long expected) =>
        Assert.Equal(expected, FrrSessions.WrongSignatures(text));
}
