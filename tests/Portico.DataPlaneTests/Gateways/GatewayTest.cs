using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Gateways;

/// <summary>Base of tests that share one gateway. When a test fails, what the program wrote meanwhile is printed with it.</summary>
public abstract class GatewayTest<TGateway>(TGateway gateway) : IClassFixture<TGateway>, IAsyncDisposable
    where TGateway : Gateway
{
    private readonly int _outputBefore = gateway.Process.Output.Length;
    private readonly List<ScriptedBackend> _backends = [];

    protected TGateway Gateway { get; } = gateway;

    public virtual async ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed || Gateway.Process.HasExited)
        {
            TestContext.Current.TestOutputHelper?.WriteLine("The program's output during this test:\n" + Gateway.Process.Output[_outputBefore..]);
            foreach (var backend in _backends)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"{backend.Name}: {backend.ConnectionCount} connections; {backend.Requests.Count} requests, the last: {string.Join("; ", backend.Requests.TakeLast(10))}; violations: {string.Join("; ", backend.Violations)}");
            }
        }
        foreach (var backend in _backends)
        {
            await backend.DisposeAsync();
        }
        GC.SuppressFinalize(this);
    }

    /// <summary>A backend that lives as long as the test.</summary>
    protected ScriptedBackend Backend(BackendScript script, string name = "backend")
    {
        var backend = new ScriptedBackend(script, name);
        _backends.Add(backend);
        return backend;
    }

    protected Task<RawClient> ConnectAsync() => Gateway.ConnectAsync();
}
