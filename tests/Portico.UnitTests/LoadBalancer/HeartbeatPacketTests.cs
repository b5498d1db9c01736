using Portico.LoadBalancer.Liveness;
using Xunit;

namespace Portico.UnitTests.LoadBalancer;

public class HeartbeatPacketTests
{
    private static readonly byte[] Key = [1, 2, 3];
    private static readonly Heartbeat Beat = new("node-1.example", 0x1122334455667788, 9, 42, Leaves: true);

    [Theory]
    [InlineData("", false)]
    [InlineData("node-1.example", true)]
    public void What_is_written_is_read(string node, bool leaves)
    {
        var beat = Beat with { Node = node, Leaves = leaves };
        Assert.True(HeartbeatPacket.TryRead(HeartbeatPacket.Write(beat, Key), Key, out var read));
        Assert.Equal(beat, read);
    }

    [Fact]
    public void Another_key_opens_nothing()
    {
        Assert.False(HeartbeatPacket.TryRead(HeartbeatPacket.Write(Beat, Key), [1, 2, 4], out _));
    }

    [Fact]
    public void A_packet_that_is_cut_longer_or_changed_in_any_byte_is_nothing()
    {
        var packet = HeartbeatPacket.Write(Beat, Key);
        for (var i = 0; i < packet.Length; i++)
        {
            Assert.False(HeartbeatPacket.TryRead(packet.AsSpan(0, i), Key, out _));
            var changed = packet.ToArray();
            changed[i] ^= 0x10;
            Assert.False(HeartbeatPacket.TryRead(changed, Key, out _));
        }

        Assert.False(HeartbeatPacket.TryRead([.. packet, 0], Key, out _));
    }
}
