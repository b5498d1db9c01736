using System.Runtime.InteropServices;

namespace Portico.Serving;

/// <summary>
/// SIGUSR1 and SIGHUP open the logs anew, for whoever rotates them by renaming. nginx takes SIGUSR1; many rotation scripts send
/// SIGHUP, which must not end the gateway.
/// </summary>
internal sealed class ReopenSignals : IDisposable
{
    /// <summary>.NET has no name for it; raw numbers are accepted.</summary>
    private const PosixSignal SigUsr1 = (PosixSignal)10;

    private readonly PosixSignalRegistration[] _registrations;

    public ReopenSignals(Action reopen)
    {
        _registrations = [PosixSignalRegistration.Create(SigUsr1, Handle), PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle)];

        void Handle(PosixSignalContext context)
        {
            context.Cancel = true;
            reopen();
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }
}
