using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Manifests;
using Portico.TestKit.Processes;

namespace Portico.DataPlaneTests.Smuggling;

/// <summary>A gateway with the one host of the suspects, <c>h.test</c>, in front of one backend that records everything.</summary>
public sealed class SmugglingGateway : Gateway
{
    public ScriptedBackend Backend { get; } = new(Scripts.Echo("victim"), "victim");

    protected override PorticoOptions Options => base.Options with
    {
        Files = new Dictionary<string, string>
        {
            ["victim.yaml"] = Manifest.Join(Manifest.Service("victim", 80, At(Backend)), Manifest.Ingress("victim", "h.test", [new IngressPath("victim")])),
        },
    };
}
