using System.Collections.Frozen;
using System.Net;

namespace Portico.Net.Dns;

/// <summary>What <c>/etc/hosts</c> says: names to addresses, before any server is asked. Lines that cannot be read are skipped.</summary>
internal sealed class HostsFile
{
    private readonly FrozenDictionary<DnsName, IPAddress[]> _addresses;

    private HostsFile(FrozenDictionary<DnsName, IPAddress[]> addresses) => _addresses = addresses;

    public static HostsFile Parse(string text)
    {
        var addresses = new Dictionary<DnsName, List<IPAddress>>();
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split('#', 2)[0].Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || !IPAddress.TryParse(words[0], out var address))
            {
                continue;
            }

            foreach (var word in words[1..])
            {
                if (!DnsName.TryParse(word, out var name))
                {
                    continue;
                }

                if (!addresses.TryGetValue(name, out var list))
                {
                    addresses[name] = list = [];
                }

                if (!list.Contains(address))
                {
                    list.Add(address);
                }
            }
        }

        return new HostsFile(addresses.ToFrozenDictionary(entry => entry.Key, entry => entry.Value.ToArray()));
    }

    public IReadOnlyList<IPAddress> Find(DnsName name) => _addresses.TryGetValue(name, out var addresses) ? addresses : [];
}
