using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace Portico.Net.Dns;

/// <summary>What <c>resolv.conf</c> says, with glibc's defaults and limits. Unknown words are skipped, as glibc does.</summary>
internal sealed record ResolverConfiguration
{
    private const int MaxNameServers = 3;
    private const int MaxDots = 15;
    private const int MaxTimeoutSeconds = 30;
    private const int MaxAttempts = 5;

    public ImmutableArray<IPAddress> NameServers { get; private init; } = [IPAddress.Loopback];

    public ImmutableArray<string> Search { get; private init; } = [];

    /// <summary>Names with at least this many dots are tried as they are before the search list.</summary>
    public int Dots { get; private init; } = 1;

    public TimeSpan Timeout { get; private init; } = TimeSpan.FromSeconds(5);

    /// <summary>Rounds through the servers.</summary>
    public int Attempts { get; private init; } = 2;

    /// <summary>Whether each query starts with another server.</summary>
    public bool Rotate { get; private init; }

    public static ResolverConfiguration Parse(string text)
    {
        var configuration = new ResolverConfiguration();
        var servers = new List<IPAddress>();
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith('#') || line.StartsWith(';'))
            {
                continue;
            }

            var words = line.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2)
            {
                continue;
            }

            switch (words[0])
            {
                case "nameserver" when servers.Count < MaxNameServers && IPAddress.TryParse(words[1], out var address):
                    servers.Add(address);
                    break;
                case "search":
                    configuration = configuration with { Search = [.. words[1..]] };
                    break;
                case "domain":
                    configuration = configuration with { Search = [words[1]] };
                    break;
                case "options":
                    configuration = words[1..].Aggregate(configuration, WithOption);
                    break;
            }
        }

        return servers.Count == 0 ? configuration : configuration with { NameServers = [.. servers] };
    }

    /// <summary>The names to try for a text, in order (search list of resolv.conf(5)). None when it cannot be a name.</summary>
    public IEnumerable<DnsName> Candidates(string text)
    {
        var asItIs = DnsName.TryParse(text, out var absolute);
        if (!asItIs || text.EndsWith('.'))
        {
            return asItIs ? [absolute] : [];
        }

        var searched = Search.Select(domain => DnsName.TryParse($"{text}.{domain}", out var name) ? name : default).Where(name => name != default);
        return text.Count(c => c == '.') >= Dots ? searched.Prepend(absolute) : searched.Append(absolute);
    }

    private static ResolverConfiguration WithOption(ResolverConfiguration configuration, string option)
    {
        var (name, value) = option.Split(':', 2) is [var left, var right] ? (left, right) : (option, "");
        var isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        return name switch
        {
            "ndots" when isNumber => configuration with { Dots = Math.Min(number, MaxDots) },
            "timeout" when isNumber => configuration with { Timeout = TimeSpan.FromSeconds(Math.Clamp(number, 1, MaxTimeoutSeconds)) },
            "attempts" when isNumber => configuration with { Attempts = Math.Clamp(number, 1, MaxAttempts) },
            "rotate" => configuration with { Rotate = true },
            _ => configuration,
        };
    }
}
