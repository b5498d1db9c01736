namespace Portico.Model;

public enum StreamProtocol
{
    Tcp,
    Udp,
}

/// <summary>
/// A port that relays bytes or datagrams to a backend without looking into them: an entry of the ConfigMap that
/// <c>--tcp-services-configmap</c> or <c>--udp-services-configmap</c> names.
/// </summary>
public sealed record StreamListener
{
    public required StreamProtocol Protocol { get; init; }

    /// <summary>1 to 65535.</summary>
    public required int Port { get; init; }

    public required BackendId Backend { get; init; }

    /// <summary>Clients begin with a header of the PROXY protocol. TCP only.</summary>
    public bool AcceptsProxyProtocol { get; init; }

    /// <summary>Endpoints are sent a header of the PROXY protocol, version 1. TCP only.</summary>
    public bool SendsProxyProtocol { get; init; }

    /// <summary>E.g. <c>tcp 5432</c>, for messages.</summary>
    public override string ToString() => Protocol == StreamProtocol.Tcp ? $"tcp {Port}" : $"udp {Port}";
}
