using Portico.Model;
using Portico.Proxy.Observing.AccessLog;
using Portico.Proxy.Observing.ErrorLog;

namespace Portico.Control;

/// <summary>
/// Brings the two logs to what the configuration in force says about them: where they go, and from which level on. Called by the
/// control loop at each publication, and costs nothing while the settings are the same objects.
/// </summary>
/// <param name="verbose">Whether the command line asks for debug messages (<c>-v=5</c>), which the configuration cannot take back.</param>
public sealed class LogSettings(AccessLogWriter accessLog, ErrorLogWriter errorLog, bool verbose)
{
    private GlobalSettings? _followed;

    /// <summary>The log of TCP and UDP services, when it has a writer of its own.</summary>
    public AccessLogWriter? StreamLog { get; init; }

    public void Follow(GlobalSettings settings)
    {
        if (ReferenceEquals(settings, _followed))
        {
            return;
        }

        _followed = settings;
        accessLog.ChangePath(settings.AccessLog.Path);
        accessLog.ChangeSyslog(settings.Syslog);
        errorLog.ChangeSyslog(settings.Syslog);
        StreamLog?.ChangePath(settings.Streams.Log.Path);
        errorLog.ChangePath(settings.ErrorLog.Path);
        errorLog.Threshold =
            verbose ? ErrorLogLevel.Debug
            : ErrorLogLevels.TryParse(settings.ErrorLog.Level, out var level) ? level
            : ErrorLogLevel.Notice;
    }
}
