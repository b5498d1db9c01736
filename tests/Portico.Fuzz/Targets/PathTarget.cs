using System.Text;
using Portico.Proxy.Routing;
using Portico.TestKit.SecondParsers;

namespace Portico.Fuzz.Targets;

/// <summary>NormalizedPath beside splitting and stacking; what it makes is normal, so that nothing can be climbed out of it.</summary>
internal sealed class PathTarget : FuzzTarget
{
    public override string Name => "path";

    public override int LongestInput => 512;

    public override IReadOnlyList<string> Words { get; } =
        ["/", "//", "/.", "/..", "/../", "/./", ".", "..", "...", "%2e", "%2E", "%2f", "%2F", "%00", "%25", "%3f", "%23", "%", "%2", "%zz", "%C3%A4", "?", "#", "+", "\\", ";"];

    public override FuzzVerdict Check(byte[] input)
    {
        var slow = SlowPath.Normalize(Encoding.Latin1.GetString(input));
        var form = NormalizedPath.Normalize(input, new byte[Math.Max(1, input.Length)], out _);
        var valid = NormalizedPath.TryNormalize(input, new byte[Math.Max(1, input.Length)], out var path);
        var fast = valid ? Encoding.Latin1.GetString(path) : null;
        var problem = slow == fast ? null : $"slow {slow ?? "refuses"}, fast {fast ?? "refuses"}";
        if (fast is not null && (fast[0] != '/' || fast.Contains("//", StringComparison.Ordinal) || (fast + "/").Contains("/../", StringComparison.Ordinal)))
        {
            problem ??= $"not normal: {fast}";
        }

        return new FuzzVerdict($"{form} {Math.Min(4, fast?.Count(c => c == '/') ?? 0)}", problem);
    }
}
