using Portico.Model;

namespace Portico.Ingress.Hosts;

/// <summary>A finding that came up while a host was built, kept with the host and reported with the Ingress.</summary>
internal readonly record struct HostFinding(IngressEntry Ingress, Finding Finding);
