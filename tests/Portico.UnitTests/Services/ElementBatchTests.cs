using System.Globalization;
using System.Net;
using Portico.Services;
using Portico.Services.Netlink;
using Portico.Services.Rules;
using Xunit;

namespace Portico.UnitTests.Services;

/// <summary>Elements as the kernel wants them. That a kernel makes the same of them as of text is for the network tests to say.</summary>
public class ElementBatchTests
{
    [Theory]
    [InlineData((int)RuleSet.ClusterIps, "10.96.0.10", "", "0A60000A", "")]
    [InlineData((int)RuleSet.ServiceWays, "10.96.0.10 . tcp . 80", "0x80000003", "0A60000A 06000000 00500000", "03000080")]
    [InlineData((int)RuleSet.NodePortIds, "udp . 30053", "0xc0000001", "11000000 75650000", "010000C0")]
    [InlineData((int)RuleSet.EndpointsSctp, "0x80000001 . 258", "10.1.1.2 . 8080", "01000080 02010000", "0A010102 1F900000")]
    [InlineData((int)RuleSet.StickyEndpoints, "0x80004001", "fd00:1::2 . 8080", "01400080", "FD000001000000000000000000000002 1F900000")]
    [InlineData((int)RuleSet.Hairpin, "::1 . ::1 . sctp . 65535", "", "00000000000000000000000000000001 00000000000000000000000000000001 84000000 FFFF0000", "")]
    public void Fields_are_padded_and_have_the_byte_order_of_their_kind(int set, string key, string value, string keyBytes, string valueBytes)
    {
        Span<byte> bytes = stackalloc byte[ElementForm.LongestKey], last = stackalloc byte[ElementForm.LongestKey];
        var length = ElementForm.WriteKey(new RuleKey((RuleSet)set, key), bytes, last);
        Assert.Equal(keyBytes.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(bytes[..length]));
        Assert.Equal(keyBytes.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(last[..length]));
        Assert.Equal(valueBytes.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(bytes[..ElementForm.WriteValue((RuleSet)set, value, bytes)]));
    }

    [Theory]
    [InlineData("203.0.113.0/24", "CB007100", "CB0071FF")]
    [InlineData("203.0.113.7/32", "CB007107", "CB007107")]
    [InlineData("203.0.113.7", "CB007107", "CB007107")]
    [InlineData("128.0.0.0/1", "80000000", "FFFFFFFF")]
    public void A_network_is_the_range_of_its_addresses(string network, string from, string to)
    {
        Span<byte> first = stackalloc byte[ElementForm.LongestKey], last = stackalloc byte[ElementForm.LongestKey];
        var length = ElementForm.WriteKey(new RuleKey(RuleSet.AllowedSources, $"10.0.0.1 . tcp . 80 . {network}"), first, last);
        Assert.Equal((from, to), (Convert.ToHexString(first[12..length]), Convert.ToHexString(last[12..length])));
    }

    [Fact]
    public void However_many_elements_there_are_no_attribute_is_longer_than_its_length_can_say_and_none_is_lost()
    {
        const int Elements = 20_000;
        var transaction = new RuleTransaction(IpFamily.IPv4)
        {
            Added = [.. Enumerable.Range(0, Elements).Select(i => (new RuleKey(RuleSet.ClusterIps, new IPAddress(i).ToString()), ""))],
        };
        using var batch = new ElementBatch(transaction);
        var bytes = batch.Messages.Bytes.ToArray();
        var (found, messages, at) = (0, 0, 0);
        while (at < bytes.Length)
        {
            var message = bytes.AsMemory(at, BitConverter.ToInt32(bytes, at));
            Assert.InRange(message.Length, NetfilterSocket.HeaderLength, 65_000);
            messages++;
            at += message.Length;
            var elements = NetlinkAttribute.Find(message[NetfilterSocket.HeaderLength..], 3);
            while (NetlinkAttribute.Next(ref elements, out _) is { Length: > 0 })
            {
                found++;
            }
        }

        Assert.Equal((Elements, batch.Messages.Messages), (found, messages));
        Assert.Equal("cluster-ips", batch.SetOf(messages - 2));
        Assert.Equal("", batch.SetOf(0));
        Assert.Equal("", batch.SetOf(messages - 1));
    }

    [Fact]
    public void Sets_are_emptied_before_they_are_filled_and_what_goes_goes_first()
    {
        static RuleTransaction Of(bool everything) => new(IpFamily.IPv6)
        {
            ReplacesElements = everything,
            Removed = everything ? [] : [(new(RuleSet.ClusterIps, "fd00::1"), "")],
            Added = [(new(RuleSet.ClusterIps, "fd00::2"), ""), (new(RuleSet.Ways, "0x80000001"), "goto service-cluster-1")],
        };
        Assert.Equal("begin 14 12 12 end", Kinds(Of(everything: false)));
        Assert.Equal($"begin {string.Join(' ', Enumerable.Repeat("14", RuleSets.All.Length + 1))} 12 12 end", Kinds(Of(everything: true)));
    }

    private static string Kinds(RuleTransaction transaction)
    {
        using var batch = new ElementBatch(transaction);
        var kinds = new List<string>();
        for (var rest = batch.Messages.Bytes; rest.Length > 0; rest = rest[BitConverter.ToInt32(rest)..])
        {
            kinds.Add(BitConverter.ToUInt16(rest[4..]) switch { 0x10 => "begin", 0x11 => "end", var type => (type & 0xff).ToString(CultureInfo.InvariantCulture) });
        }

        return string.Join(' ', kinds);
    }
}
