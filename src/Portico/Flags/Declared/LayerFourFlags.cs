using Portico.Ingress;

namespace Portico.Flags.Declared;

/// <summary>Ports without HTTP.</summary>
internal static class LayerFourFlags
{
    public static FlagGroup Group { get; } = new("TCP and UDP");

    public static Flag<NamespacedName?> TcpServicesConfigMap { get; } = Group.AddNotYet(
        FlagTypes.Object, "tcp-services-configmap", null, "The ConfigMap of TCP ports and their Services.", "TCP services are still to come");

    public static Flag<NamespacedName?> UdpServicesConfigMap { get; } = Group.AddNotYet(
        FlagTypes.Object, "udp-services-configmap", null, "The ConfigMap of UDP ports and their Services.", "UDP services are still to come");
}
