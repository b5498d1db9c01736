using Portico.Ingress;

namespace Portico.Flags.Declared;

/// <summary>Ports without HTTP.</summary>
internal static class LayerFourFlags
{
    public static FlagGroup Group { get; } = new("TCP and UDP");

    public static Flag<NamespacedName?> TcpServicesConfigMap { get; } = Group.Add(
        FlagTypes.Object, "tcp-services-configmap", null, "The ConfigMap of TCP ports and their Services.", "none");

    public static Flag<NamespacedName?> UdpServicesConfigMap { get; } = Group.Add(
        FlagTypes.Object, "udp-services-configmap", null, "The ConfigMap of UDP ports and their Services.", "none");
}
