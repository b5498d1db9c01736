using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Portico.Model;
using Portico.Proxy.Routing;

namespace Portico.Proxy.Serving;

/// <summary>
/// The addresses that all ports listen on. The command line decides, else the first configuration (<c>bind-address</c>,
/// <c>disable-ipv6</c>), else it is all addresses. Sockets stay as they were opened: a later change asks for a restart.
/// Control thread.
/// </summary>
internal sealed class BindAddresses(ImmutableArray<IPAddress> fromCommandLine)
{
    public ImmutableArray<IPAddress> InUse { get; private set; } = [];

    /// <exception cref="IOException">The configuration leaves no address.</exception>
    public void Choose(GlobalSettings settings)
    {
        InUse = Wanted(settings);
        if (InUse.IsEmpty)
        {
            throw new IOException("there is no address to listen on: bind-address holds only IPv6 addresses, which disable-ipv6 or this system forbids");
        }
    }

    /// <summary>
    /// SO_REUSEPORT, which lets every shard have a socket, would also let two gateways of one user share a port, and each would get
    /// half of the connections. A socket without it finds out before ours are opened.
    /// </summary>
    /// <exception cref="IOException">Somebody listens there.</exception>
    public void RefuseTaken(Model.Listener listener)
    {
        foreach (var address in listener.Port == 0 ? [] : InUse)
        {
            var endpoint = new IPEndPoint(address, listener.Port);
            try
            {
                using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                probe.Bind(endpoint);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                throw new IOException($"cannot listen on {endpoint} ({listener.Name}): {e.Message}", e);
            }
            catch (SocketException)
            {
                // Opening the port fails in the same way, and says why.
            }
        }
    }

    /// <summary>The same for the port of a TCP or UDP service.</summary>
    /// <returns>Why somebody else's socket keeps us from it; null when there is none.</returns>
    public string? FindTaken(StreamListener listener)
    {
        var tcp = listener.Protocol == StreamProtocol.Tcp;
        foreach (var address in InUse)
        {
            try
            {
                using var probe = new Socket(address.AddressFamily, tcp ? SocketType.Stream : SocketType.Dgram, tcp ? ProtocolType.Tcp : ProtocolType.Udp);
                probe.Bind(new IPEndPoint(address, listener.Port));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                return e.Message;
            }
            catch (SocketException)
            {
                // Opening the port fails in the same way, and says why.
            }
        }

        return null;
    }

    public IEnumerable<RoutingProblem> FindProblems(GlobalSettings settings)
    {
        if (!fromCommandLine.IsEmpty)
        {
            if (!settings.BindAddresses.IsEmpty)
            {
                yield return new RoutingProblem(
                    "", null, RoutingProblem.NeedsRestart, $"bind-address has no effect: the flag --bind-address says {string.Join(", ", fromCommandLine)}");
            }
        }
        else if (!InUse.SequenceEqual(Wanted(settings)))
        {
            yield return new RoutingProblem(
                "", null, RoutingProblem.NeedsRestart, $"bind-address and disable-ipv6 take effect at the next start; until then Portico listens on {string.Join(", ", InUse)}");
        }
    }

    private ImmutableArray<IPAddress> Wanted(GlobalSettings settings)
    {
        if (!fromCommandLine.IsEmpty)
        {
            return fromCommandLine;
        }

        ImmutableArray<IPAddress> listed = settings.BindAddresses.IsEmpty ? [IPAddress.Any, IPAddress.IPv6Any] : settings.BindAddresses;
        return settings.DisableIPv6 || !Socket.OSSupportsIPv6
            ? [.. listed.Where(address => address.AddressFamily == AddressFamily.InterNetwork)]
            : [.. listed.Distinct()];
    }
}
