using System.Text.RegularExpressions;
using Portico.Kubernetes.Manifests;

namespace Portico.LoadBalancer.Layer2;

/// <summary>Which interfaces take no part: patterns of their names, from a flag or from the file that MetalLB's chart mounts.</summary>
internal static class InterfaceExclusions
{
    /// <summary>Where MetalLB looks for it.</summary>
    public const string DefaultFile = "/etc/metallb/excludel2.yaml";

    /// <summary>Interfaces of containers and tunnels, MetalLB's list.</summary>
    private const string Usual = "^docker,^cbr,^dummy,^virbr,^lxcbr,^veth,^lo$,^cali,^tunl,^flannel,^kube-ipvs,^cni,^nodelocaldns,^lxc";

    private const string Key = "announcedInterfacesToExclude";

    /// <param name="patterns">Between commas; null when the flag was not given.</param>
    /// <param name="file">Null when the flag was not given: then the default one counts if it is there.</param>
    /// <exception cref="FormatException">A pattern is no regular expression, or the file is not what it should be.</exception>
    public static IReadOnlyList<Regex> Find(string? patterns, string? file)
    {
        if (patterns is not null || (file is null && !File.Exists(DefaultFile)))
        {
            return Compile((patterns ?? Usual).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), "--exclude-interfaces");
        }

        try
        {
            return Compile(Read(File.ReadAllText(file ?? DefaultFile)), file ?? DefaultFile);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"--exclude-interfaces-file: {error.Message}", error);
        }
        catch (FormatException error)
        {
            throw new FormatException($"--exclude-interfaces-file: {error.Message}", error);
        }
    }

    private static IEnumerable<string> Read(string yaml)
    {
        var tree = YamlTree.Parse(yaml);
        if (tree.Error is { } error)
        {
            throw new FormatException(FormattableString.Invariant($"line {error.Line}: {error.Message}"));
        }

        return tree.Roots is not [YamlMapping map, ..] ? throw new FormatException($"it has no list {Key}")
            : map.Find(Key) switch
            {
                null or YamlScalar { Kind: YamlScalarKind.Null } => [],
                YamlSequence list when list.Items.TrueForAll(i => i is YamlScalar) => list.Items.Cast<YamlScalar>().Select(i => i.Text),
                _ => throw new FormatException($"{Key} is no list of patterns"),
            };
    }

    private static IReadOnlyList<Regex> Compile(IEnumerable<string> patterns, string place)
    {
        try
        {
            return [.. patterns.Select(p => new Regex(p, RegexOptions.NonBacktracking))];
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new FormatException($"{place}: {error.Message}", error);
        }
    }
}
