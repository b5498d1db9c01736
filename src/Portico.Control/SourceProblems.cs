using Portico.Kubernetes.Sources;
using Portico.Proxy.Observing.ErrorLog;

namespace Portico.Control;

/// <summary>Tells people what a source could not read, and when it has been mended.</summary>
internal static class SourceProblems
{
    public static void Report(SourceProblem problem, ErrorLogWriter log)
    {
        var subject = problem.Object is { } key ? $" ({key})" : "";
        if (problem.Resolved)
        {
            log.Write(ErrorLogLevel.Notice, $"{problem.Place}{subject}: mended: {problem.Message}");
        }
        else
        {
            log.Write(ErrorLogLevel.Error, $"{problem.Place}{subject}: {problem.Message}");
        }
    }
}
