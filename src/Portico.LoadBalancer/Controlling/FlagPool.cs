using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;

namespace Portico.LoadBalancer.Controlling;

/// <summary>Pools that need no custom resource: a flag, or an entry of a ConfigMap.</summary>
internal static class FlagPool
{
    /// <summary>The pools of a command line, each like <c>name=192.0.2.10-192.0.2.50,2001:db8::/120</c>.</summary>
    /// <exception cref="FormatException">One has no name, cannot be read, or has addresses or the name of another.</exception>
    public static IReadOnlyList<IPAddressPool> ParseAll(IEnumerable<string> texts)
    {
        IReadOnlyList<IPAddressPool> pools = [.. texts.Select(Parse)];
        PoolSet.Build(PoolSet.Empty, pools, [], out var problems);
        return problems.Count == 0 ? pools : throw new FormatException($"--pool: pool {problems[0].Pool}: {problems[0].Cause}");
    }

    private static IPAddressPool Parse(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && equals < text.Length - 1
            ? Of(text[..equals].Trim(), text[(equals + 1)..])
            : throw new FormatException($"--pool: '{text}' is no pool; write it like main=192.0.2.10-192.0.2.50,2001:db8::/120");
    }

    /// <summary>Each entry is a pool: its name, and its ranges between commas or line ends.</summary>
    public static IEnumerable<IPAddressPool> Of(ConfigMap map) => map.Data.Select(entry => Of(entry.Key, entry.Value));

    private static IPAddressPool Of(string name, string ranges) => new()
    {
        Metadata = new ObjectMeta { Name = name },
        Addresses = ranges.Split([',', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
    };
}
