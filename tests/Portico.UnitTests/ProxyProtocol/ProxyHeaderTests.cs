using System.Net;
using System.Text;
using Portico.Net.ProxyProtocol;
using Xunit;
using SocketAddress = Portico.Net.Sockets.SocketAddress;

namespace Portico.UnitTests.ProxyProtocol;

public class ProxyHeaderTests
{
    private const string Signature = "0d0a0d0a000d0a515549540a";

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n", "192.0.2.1:56324", "198.51.100.7:443")]
    [InlineData("PROXY TCP4 255.255.255.255 0.0.0.0 0 65535\r\n", "255.255.255.255:0", "0.0.0.0:65535")]
    [InlineData("PROXY TCP6 2001:db8::1 ::1 4 5\r\n", "[2001:db8::1]:4", "[::1]:5")]
    [InlineData("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe 65535 65535\r\n", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe]:65535")]
    public void Version_1_names_source_and_destination(string line, string source, string destination) =>
        AssertHeader(Encoding.ASCII.GetBytes(line), source, destination);

    [Theory]
    [InlineData("PROXY UNKNOWN\r\n")]
    [InlineData("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n")]
    public void Unknown_names_nobody(string line) => AssertHeader(Encoding.ASCII.GetBytes(line), null, null);

    [Theory]
    [InlineData("2111000c" + "c0000201" + "c6336407" + "dc04" + "01bb", "192.0.2.1:56324", "198.51.100.7:443")]
    [InlineData("2112000c" + "c0000201" + "c6336407" + "dc04" + "01bb", "192.0.2.1:56324", "198.51.100.7:443")]
    [InlineData("21210024" + "20010db8000000000000000000000001" + "00000000000000000000000000000001" + "0004" + "0005", "[2001:db8::1]:4", "[::1]:5")]
    public void Version_2_names_source_and_destination(string hex, string source, string destination) => AssertHeader(Binary(hex), source, destination);

    [Theory]
    [InlineData("20000000")]
    [InlineData("2011000c" + "c0000201c6336407dc0401bb")]
    [InlineData("21000000")]
    [InlineData("21310004" + "61626364")]
    public void Local_and_other_families_name_nobody(string hex) => AssertHeader(Binary(hex), null, null);

    [Fact]
    public void Tlvs_belong_to_the_header_and_need_not_be_seen()
    {
        var header = Binary("21110110" + "c0000201c6336407dc0401bb");
        Assert.Equal(ProxyHeaderStatus.Done, ProxyHeaderParser.Parse(header, out var parsed));
        Assert.Equal(16 + 0x110, parsed.Length);
        Assert.Equal("192.0.2.1:56324", Show(parsed.Source));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("PROXY")]
    [InlineData("PROXYTCP4 1.1.1.1 2.2.2.2 1 2\r\n")]
    [InlineData("PROXY TCP5 1.1.1.1 2.2.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4  1.1.1.1 2.2.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4 1.1.1.1 2.2.2.2 1 2 \r\n")]
    [InlineData("PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n")]
    [InlineData("PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n")]
    [InlineData("PROXY TCP4 1.1.1 2.2.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4 1.1.1.1.1 2.2.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4 01.1.1.1 2.2.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4 256.1.1.1 2.2.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n")]
    [InlineData("PROXY TCP4 1.1.1.1 2.2.2.2 -1 2\r\n")]
    [InlineData("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n")]
    [InlineData("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\rX\n")]
    [InlineData("PROXY TCP4 ::1 ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 1.1.1.1 ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n")]
    [InlineData("PROXY UNKNOWNX\r\n")]
    [InlineData("\r\n\r\n\0\r\nQUIX")]
    [InlineData("\u0016\u0003\u0001")]
    public void Anything_else_is_no_header(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        // A beginning that goes on to be none: more bytes decide, and nothing is ever taken for a header.
        var status = ProxyHeaderParser.Parse([.. bytes, .. new byte[120]], out _);
        Assert.Equal(ProxyHeaderStatus.Invalid, status);
        Assert.NotEqual(ProxyHeaderStatus.Done, ProxyHeaderParser.Parse(bytes, out _));
    }

    [Theory]
    [InlineData("1111000c" + "c0000201c6336407dc0401bb")]
    [InlineData("2211000c" + "c0000201c6336407dc0401bb")]
    [InlineData("2111000b" + "c0000201c6336407dc0401bb")]
    [InlineData("21210023" + "20010db800000000000000000000000100000000000000000000000000000001000400")]
    public void A_version_2_header_that_contradicts_itself_is_refused(string hex) =>
        Assert.Equal(ProxyHeaderStatus.Invalid, ProxyHeaderParser.Parse(Binary(hex), out _));

    [Fact]
    public void A_line_without_end_is_refused_after_107_bytes()
    {
        var line = Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', 200));
        Assert.Equal(ProxyHeaderStatus.NeedMore, ProxyHeaderParser.Parse(line.AsSpan(0, 106), out _));
        Assert.Equal(ProxyHeaderStatus.Invalid, ProxyHeaderParser.Parse(line.AsSpan(0, 107), out _));
    }

    [Theory]
    [InlineData("192.0.2.1", "198.51.100.7")]
    [InlineData("2001:db8::1", "fe80::2")]
    public void What_is_written_is_read_back(string source, string destination)
    {
        var from = SocketAddress.Encode(IPAddress.Parse(source), 5555);
        var to = SocketAddress.Encode(IPAddress.Parse(destination), 443);
        var room = new byte[ProxyHeaderWriter.LongestHeader];
        var text = room[..ProxyHeaderWriter.WriteText(room, from, to)];
        AssertHeader(text, new IPEndPoint(IPAddress.Parse(source), 5555).ToString(), new IPEndPoint(IPAddress.Parse(destination), 443).ToString());
        var binary = room[..ProxyHeaderWriter.WriteBinary(room, from, to)];
        AssertHeader(binary, new IPEndPoint(IPAddress.Parse(source), 5555).ToString(), new IPEndPoint(IPAddress.Parse(destination), 443).ToString());
    }

    [Fact]
    public void Addresses_of_two_families_cannot_be_told()
    {
        var room = new byte[ProxyHeaderWriter.LongestHeader];
        var from = SocketAddress.Encode(IPAddress.Loopback, 1);
        var to = SocketAddress.Encode(IPAddress.IPv6Loopback, 2);
        AssertHeader(room[..ProxyHeaderWriter.WriteText(room, from, to)], null, null);
        AssertHeader(room[..ProxyHeaderWriter.WriteBinary(room, from, to)], null, null);
    }

    /// <summary>Whole, with bytes behind it, and every beginning of it.</summary>
    private static void AssertHeader(byte[] bytes, string? source, string? destination)
    {
        foreach (var shown in new[] { bytes, [.. bytes, .. "GET / HTTP/1.1\r\n\r\n"u8] })
        {
            Assert.Equal(ProxyHeaderStatus.Done, ProxyHeaderParser.Parse(shown, out var header));
            Assert.Equal(bytes.Length, header.Length);
            Assert.Equal(source is not null, header.HasAddresses);
            if (source is not null)
            {
                Assert.Equal(source, Show(header.Source));
                Assert.Equal(destination, Show(header.Destination));
            }
        }

        for (var length = 0; length < Math.Min(bytes.Length, 16); length++)
        {
            Assert.Equal(ProxyHeaderStatus.NeedMore, ProxyHeaderParser.Parse(bytes.AsSpan(0, length), out _));
        }

        for (var length = 16; length < bytes.Length && bytes[0] == 'P'; length++)
        {
            Assert.Equal(ProxyHeaderStatus.NeedMore, ProxyHeaderParser.Parse(bytes.AsSpan(0, length), out _));
        }
    }

    private static string Show(ReadOnlySpan<byte> address) =>
        new IPEndPoint(new IPAddress(SocketAddress.IpBytes(address)), SocketAddress.Port(address)).ToString();

    private static byte[] Binary(string hex) => Convert.FromHexString(Signature + hex);
}
