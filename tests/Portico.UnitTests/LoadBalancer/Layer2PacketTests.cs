using Portico.LoadBalancer.Allocation;
using Portico.LoadBalancer.Layer2;
using Xunit;

namespace Portico.UnitTests.LoadBalancer;

public class Layer2PacketTests
{
    /// <summary>02:00:00:00:00:01 with 198.51.100.2 asks everybody for 198.51.100.200.</summary>
    private const string Ask = "ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 c6336402 000000000000 c63364c8";

    /// <summary>fe80::1 asks for 2001:db8::c8; the checksum is computed below, by another way.</summary>
    private const string Solicit = "3333ff0000c8 020000000001 86dd 60000000 0020 3a ff fe800000000000000000000000000001 ff0200000000000000000001ff0000c8 87 00 0000 00000000 20010db80000000000000000000000c8 0101020000000001";

    private static readonly MacAddress Own = new(0x0200_0000_00AA);
    private static readonly MacAddress Other = new(0x0200_0000_0001);

    [Fact]
    public void A_request_is_answered_to_the_one_who_asked_alone()
    {
        Assert.True(ArpPacket.TryReadRequest(Hex(Ask), out var request));
        Assert.Equal((MacAddress.Broadcast, Other, "198.51.100.2", "198.51.100.200"), (request.Destination, request.Sender, request.SenderIP.ToString(), request.Target.ToString()));

        Assert.Equal(
            Hex("020000000001 0200000000aa 0806 0001 0800 06 04 0002 0200000000aa c63364c8 020000000001 c6336402"),
            ArpPacket.Reply(request, Own));
    }

    [Fact]
    public void What_is_told_unasked_is_a_request_and_an_answer_with_the_address_on_both_sides()
    {
        var address = Parse("198.51.100.200");

        Assert.Equal(
            Hex("ffffffffffff 0200000000aa 0806 0001 0800 06 04 0001 0200000000aa c63364c8 ffffffffffff c63364c8"),
            ArpPacket.Gratuitous(address, Own, asRequest: true));
        Assert.Equal(
            Hex("ffffffffffff 0200000000aa 0806 0001 0800 06 04 0002 0200000000aa c63364c8 ffffffffffff c63364c8"),
            ArpPacket.Gratuitous(address, Own, asRequest: false));
    }

    [Fact]
    public void Everything_but_a_whole_request_is_passed_over()
    {
        var whole = Hex(Ask);
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.False(ArpPacket.TryReadRequest(whole.AsSpan(0, length), out _));
        }

        for (var place = 12; place < 22; place++)
        {
            var changed = whole.ToArray();
            changed[place] ^= 0x40;
            Assert.False(ArpPacket.TryReadRequest(changed, out _));
        }

        Assert.True(ArpPacket.TryReadRequest([.. whole, .. new byte[18]], out _));
    }

    [Fact]
    public void A_solicitation_is_answered_without_override()
    {
        var frame = WithChecksum(Hex(Solicit));
        Assert.True(NeighbourPacket.TryRead(frame, out var asked));
        Assert.Equal(("fe80::1", Other, "2001:db8::c8"), (asked.Source.ToString(), asked.SourceLink, asked.Target.ToString()));

        Assert.Equal(
            WithChecksum(Hex("020000000001 0200000000aa 86dd 60000000 0020 3a ff fe8000000000000000000000000000aa fe800000000000000000000000000001 88 00 0000 40000000 20010db80000000000000000000000c8 02010200000000aa")),
            NeighbourPacket.Reply(asked, Own, Parse("fe80::aa")));
    }

    [Fact]
    public void All_nodes_are_told_unasked_with_override()
    {
        Assert.Equal(
            WithChecksum(Hex("333300000001 0200000000aa 86dd 60000000 0020 3a ff fe8000000000000000000000000000aa ff020000000000000000000000000001 88 00 0000 20000000 20010db80000000000000000000000c8 02010200000000aa")),
            NeighbourPacket.Unsolicited(Parse("2001:db8::c8"), Own, Parse("fe80::aa")));
    }

    [Fact]
    public void A_solicitation_that_is_cut_changed_or_forwarded_is_passed_over()
    {
        var whole = WithChecksum(Hex(Solicit));
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.False(NeighbourPacket.TryRead(whole.AsSpan(0, length), out _));
        }

        for (var place = 18; place < whole.Length; place++)
        {
            var changed = whole.ToArray();
            changed[place] ^= 0x10;
            Assert.False(NeighbourPacket.TryRead(changed, out _), $"{place}");
        }

        var forwarded = whole.ToArray();
        forwarded[21] = 254;
        Assert.False(NeighbourPacket.TryRead(forwarded, out _));
    }

    [Fact]
    public void A_solicitation_that_does_not_say_where_its_sender_is_gets_no_answer()
    {
        var frame = Hex(Solicit)[..78];
        frame[19] = 24;

        Assert.False(NeighbourPacket.TryRead(WithChecksum(frame), out _));
    }

    [Theory]
    [InlineData("2001:db8::c8", "ff02::1:ff00:c8")]
    [InlineData("fd00::1234:5678:9abc", "ff02::1:ff78:9abc")]
    public void An_address_has_a_group_in_which_it_is_asked_for(string address, string group) =>
        Assert.Equal(group, NeighbourPacket.GroupOf(Parse(address)).ToString());

    private static Address Parse(string text)
    {
        Assert.True(Address.TryParse(text, out var address));
        return address;
    }

    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));

    /// <summary>Puts in the checksum, summed over one pseudo packet.</summary>
    private static byte[] WithChecksum(byte[] frame)
    {
        byte[] pseudo = [.. frame[22..54], 0, 0, frame[18], frame[19], 0, 0, 0, 58, .. frame[54..]];
        var sum = 0;
        for (var i = 0; i < pseudo.Length; i += 2)
        {
            sum += (pseudo[i] << 8) + pseudo[i + 1];
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        (frame[56], frame[57]) = ((byte)(~sum >> 8), (byte)~sum);
        return frame;
    }
}
