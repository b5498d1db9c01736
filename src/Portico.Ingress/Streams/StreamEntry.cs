using System.Globalization;
using Portico.Model;

namespace Portico.Ingress.Streams;

/// <summary>
/// One entry of a ConfigMap of TCP or UDP services: the port in the key, <c>namespace/service:port[:PROXY[:PROXY]]</c> in the value.
/// </summary>
internal sealed record StreamEntry(string Key, int Port, BackendId Backend, bool AcceptsProxyProtocol, bool SendsProxyProtocol)
{
    private const string ProxyProtocol = "PROXY";

    /// <param name="problem">Why the entry cannot be used.</param>
    /// <returns>Null when it cannot be used.</returns>
    public static StreamEntry? Parse(StreamProtocol protocol, string key, string value, out string problem)
    {
        problem = "";
        if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > ushort.MaxValue)
        {
            problem = $"'{key}' is no port number";
            return null;
        }

        var fields = value.Split(':');
        if (fields.Length < 2 || fields[1].Length == 0)
        {
            problem = $"'{value}' is not namespace/service:port";
            return null;
        }

        if (!NamespacedName.TryParse(fields[0], out var service))
        {
            problem = $"'{fields[0]}' is not namespace/service";
            return null;
        }

        // The words count for TCP alone; the fourth field only when nothing follows it. Any other text means off.
        var tcp = protocol == StreamProtocol.Tcp;
        return new StreamEntry(
            key,
            port,
            new BackendId(service.Namespace, service.Name, fields[1], tcp ? BackendVariants.Tcp : BackendVariants.Udp),
            tcp && fields.Length >= 3 && fields[2].Equals(ProxyProtocol, StringComparison.OrdinalIgnoreCase),
            tcp && fields.Length == 4 && fields[3].Equals(ProxyProtocol, StringComparison.OrdinalIgnoreCase));
    }
}
