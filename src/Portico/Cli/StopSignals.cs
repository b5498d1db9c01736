using System.Runtime.InteropServices;

namespace Portico.Cli;

/// <summary>
/// Turns the first SIGTERM or SIGINT into a cancellation, so that the gateway drains. A second SIGTERM changes nothing, as in
/// ingress-nginx; a second SIGINT is somebody at a keyboard who has waited long enough, and ends the process.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration? _hangUp;

    /// <param name="endsWithTerminal">Whether closing the terminal (SIGHUP) ends the program as well; to a daemon it says something else.</param>
    public StopSignals(bool endsWithTerminal = false)
    {
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, StopOrEnd);
        _hangUp = endsWithTerminal ? PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop) : null;
    }

    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        _terminate.Dispose();
        _interrupt.Dispose();
        _hangUp?.Dispose();
        _stop.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // A second signal while the program ends because of the first: a registration that goes does not wait for its handler.
        }
    }

    private void StopOrEnd(PosixSignalContext context)
    {
        var first = !_stop.IsCancellationRequested;
        Stop(context);
        context.Cancel = first;
    }
}
