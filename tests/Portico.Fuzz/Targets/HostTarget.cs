using System.Text;
using Portico.Proxy.Routing;
using Portico.TestKit.SecondParsers;

namespace Portico.Fuzz.Targets;

/// <summary>HostNames beside a regular expression; a normalised name stays what it is.</summary>
internal sealed class HostTarget : FuzzTarget
{
    public override string Name => "host";

    public override int LongestInput => 300;

    public override IReadOnlyList<string> Words { get; } =
        [".", "..", ":", ":80", ":", "[", "]", "[::1]", "[2001:DB8::1]:443", "::ffff:", "a", "A", "xn--", "*", "-", "_", "%41", "@", "/", " ", "localhost", "EXAMPLE.com", "1.2.3.4"];

    public override FuzzVerdict Check(byte[] input)
    {
        var slow = SlowHost.Normalize(Encoding.Latin1.GetString(input));
        var fast = Normalize(input);
        var problem = slow == fast ? null : $"slow {slow ?? "refuses"}, fast {fast ?? "refuses"}";
        if (fast is not null && Normalize(Encoding.Latin1.GetBytes(fast)) != fast)
        {
            problem ??= $"not normal: {fast}";
        }

        return new FuzzVerdict($"{fast is null} {fast?[0] == '['} {input.AsSpan().IndexOf((byte)':') >= 0} {fast?.Contains('.')}", problem);
    }

    private static string? Normalize(byte[] text) =>
        HostNames.TryNormalize(text, new byte[text.Length], out var host) ? Encoding.Latin1.GetString(host) : null;
}
