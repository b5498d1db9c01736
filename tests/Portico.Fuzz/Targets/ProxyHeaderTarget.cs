using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Portico.Net.ProxyProtocol;
using SocketAddress = Portico.Net.Sockets.SocketAddress;

namespace Portico.Fuzz.Targets;

/// <summary>ProxyHeaderParser beside a slow reader by regular expression and offsets; however much of the input it is shown.</summary>
internal sealed partial class ProxyHeaderTarget : FuzzTarget
{
    public override string Name => "proxy-header";

    public override int LongestInput => 400;

    public override IReadOnlyList<string> Words { get; } =
    [
        "PROXY ", "TCP4 ", "TCP6 ", "UNKNOWN", "\r\n", "\r", "\n", " ", "1.2.3.4 ", "::1 ", "::ffff:1.2.3.4 ", "65535", "65536", "0", "00", "255.255.255.255 ",
        "\r\n\r\n\0\r\nQUIT\n", "\x20", "\x21", "\x11", "\x12", "\x22", "\x31", "\0\x0c", "\0\x24", "\0\0",
    ];

    public override FuzzVerdict Check(byte[] input)
    {
        var slow = ReadSlowly(input);
        var status = ProxyHeaderParser.Parse(input, out var header);
        var fast = status == ProxyHeaderStatus.Done ? Show(in header) : null;
        string? problem = fast == slow ? null : $"slow: {slow ?? "none"}, fast: {status} {fast}";
        var decided = ProxyHeaderStatus.NeedMore;
        for (var length = 0; length <= input.Length && problem is null; length++)
        {
            var shown = ProxyHeaderParser.Parse(input.AsSpan(0, length), out var seen);
            problem = decided != ProxyHeaderStatus.NeedMore && shown != decided ? $"{decided}, then {shown} at {length}"
                : shown == ProxyHeaderStatus.Done && Show(in seen) != fast ? $"{fast}, but {Show(in seen)} at {length}"
                : null;
            decided = shown;
        }

        return new FuzzVerdict($"{status} {header.HasAddresses} {(input.Length > 0 ? input[0] == 'P' : false)}", problem);
    }

    private static string? ReadSlowly(byte[] input)
    {
        if (input.Length >= 16 && Encoding.Latin1.GetString(input, 0, 12) == "\r\n\r\n\0\r\nQUIT\n" && input[12] is 0x20 or 0x21)
        {
            var length = (input[14] * 256) + input[15];
            var ip = input[12] == 0x20 ? 0 : (input[13] & 0xF0) switch { 0x10 => 4, 0x20 => 16, _ => 0 };
            var end = 16 + (ip == 0 ? 0 : (2 * ip) + 4);
            return length + 16 < end || input.Length < end ? null
                : ip == 0 ? $"{length + 16}"
                : $"{length + 16} {At(input, 16, ip, 16 + (2 * ip))} {At(input, 16 + ip, ip, 18 + (2 * ip))}";
        }

        var text = Encoding.Latin1.GetString(input, 0, Math.Min(input.Length, ProxyHeaderParser.LongestLook));
        var match = Line().Match(text);
        if (!match.Success)
        {
            return null;
        }

        if (match.Groups["unknown"].Success)
        {
            return $"{match.Length}";
        }

        var v6 = match.Groups["family"].Value == "6";
        var source = Address(match.Groups["source"].Value, v6);
        var destination = Address(match.Groups["destination"].Value, v6);
        var ports = new[] { Number(match.Groups["sourcePort"].Value), Number(match.Groups["destinationPort"].Value) };
        return source is null || destination is null || ports.Max() > 65535 ? null
            : $"{match.Length} {new IPEndPoint(source, ports[0])} {new IPEndPoint(destination, ports[1])}";
    }

    private static IPAddress? Address(string text, bool v6) =>
        v6 ? text.Contains(':', StringComparison.Ordinal) && IPAddress.TryParse(text, out var ip) ? ip : null
        : Quad().IsMatch(text) && text.Split('.').All(part => Number(part) <= 255) ? IPAddress.Parse(text) : null;

    private static int Number(string digits) => int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

    private static string At(byte[] input, int ip, int length, int port) =>
        new IPEndPoint(new IPAddress(input.AsSpan(ip, length)), (input[port] * 256) + input[port + 1]).ToString();

    private static string Show(in ProxyHeader header) =>
        header.HasAddresses ? $"{header.Length} {Show(header.Source)} {Show(header.Destination)}" : $"{header.Length}";

    private static string Show(ReadOnlySpan<byte> address) =>
        new IPEndPoint(new IPAddress(SocketAddress.IpBytes(address)), SocketAddress.Port(address)).ToString();

    [GeneratedRegex(@"\APROXY ((?<unknown>UNKNOWN(?: [^\r\n]*)?)|TCP(?<family>[46]) (?<source>[0-9a-fA-F:.]+) (?<destination>[0-9a-fA-F:.]+) (?<sourcePort>0|[1-9][0-9]{0,4}) (?<destinationPort>0|[1-9][0-9]{0,4}))\r\n", RegexOptions.CultureInvariant)]
    private static partial Regex Line();

    [GeneratedRegex(@"\A(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Quad();
}
