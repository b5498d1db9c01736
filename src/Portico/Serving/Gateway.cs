using Portico.Flags;

namespace Portico.Serving;

/// <summary>Runs a gateway until it is told to stop, and returns the exit code of the process.</summary>
internal delegate Task<int> RunGateway(ServeOptions options, CancellationToken stop);

internal static class Gateway
{
    public static async Task<int> RunAsync(ServeOptions options, CancellationToken stop)
    {
        await Console.Error.WriteLineAsync("portico: the gateway is not wired yet");
        return 1;
    }
}
