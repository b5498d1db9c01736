using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Portico.Model;

namespace Portico.Ingress.Hosts;

/// <summary>Reads the server names of the server-alias annotation, which are nginx's.</summary>
internal static class AliasNames
{
    public static ImmutableArray<HostAlias> Read(IngressEntry ingress, List<HostFinding> findings)
    {
        var aliases = ImmutableArray.CreateBuilder<HostAlias>();
        foreach (var text in ingress.Settings.Aliases)
        {
            if (Problem(text, aliases) is { } problem)
            {
                findings.Add(new HostFinding(ingress, new Finding(
                    ingress.Reference, "server-alias", FindingSeverity.Warning, "InvalidAlias", $"the alias '{text}' is left out: {problem}")));
            }
        }

        return [.. aliases.Distinct()];
    }

    private static string? Problem(string text, ImmutableArray<HostAlias>.Builder aliases)
    {
        if (text.StartsWith('~'))
        {
            // Whether the expression can be run is for the routing table to say: it leaves out an alias that cannot.
            aliases.Add(new HostAlias(text[1..], HostAliasKind.Regex));
            return null;
        }

        if (text.EndsWith(".*", StringComparison.Ordinal) && HostName.TryNormalise(text[..^2], out var beginning))
        {
            aliases.Add(new HostAlias($"^{Regex.Escape(beginning)}\\..+$", HostAliasKind.Regex));
            return null;
        }

        // ".example.com" is short for the name and everything below it.
        var both = text.StartsWith('.');
        if (!HostName.TryNormalise(both ? text[1..] : text, out var name) || name == VirtualHost.AnyHost)
        {
            return "it is no host name";
        }

        if (both || !HostName.IsWildcard(name))
        {
            aliases.Add(new HostAlias(name, HostAliasKind.Exact));
        }

        if (both || HostName.IsWildcard(name))
        {
            aliases.Add(new HostAlias(both ? "*." + name : name, HostAliasKind.Wildcard));
        }

        return null;
    }
}
