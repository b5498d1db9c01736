using Xunit;

namespace Portico.DataPlaneTests.Gateways;

/// <summary>Tests that measure memory or fill the machine with connections run while no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
