using System.Collections.Immutable;
using Portico.Ingress;
using Portico.Model;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Routing;

namespace Portico.Control;

/// <summary>Tells people what was found wrong with objects: each finding once, when it appears.</summary>
internal sealed class FindingReporter(ErrorLogWriter log)
{
    private ImmutableDictionary<ObjectReference, ImmutableArray<Finding>> _reported = ImmutableDictionary<ObjectReference, ImmutableArray<Finding>>.Empty;
    private HashSet<RoutingProblem> _problems = [];

    public void Report(TranslationResult result)
    {
        foreach (var changed in result.Changed)
        {
            var known = _reported.GetValueOrDefault(changed, []);
            foreach (var finding in result.Findings.GetValueOrDefault(changed, []))
            {
                if (!known.Contains(finding))
                {
                    log.Write(LevelOf(finding.Severity), finding.ToString());
                }
            }
        }

        _reported = result.Findings;
    }

    /// <summary>What the data plane could not compile.</summary>
    public void Report(ImmutableArray<RoutingProblem> problems)
    {
        if (problems.IsEmpty && _problems.Count == 0)
        {
            return;
        }

        var now = problems.ToHashSet();
        // Several paths of an Ingress may have the same one.
        foreach (var (level, text) in now.Except(_problems).Select(problem => (LevelOf(problem), TextOf(problem))).Distinct())
        {
            log.Write(level, text);
        }

        _problems = now;
    }

    /// <summary>A route that cannot run is closed, a port that cannot be had is closed; anything else goes on without what is wrong.</summary>
    private static ErrorLogLevel LevelOf(RoutingProblem problem) =>
        problem.Reason is RoutingProblem.BadRegex or RoutingProblem.PortNotOpened ? ErrorLogLevel.Error : ErrorLogLevel.Warn;

    private static string TextOf(RoutingProblem problem) =>
        problem.Host.Length == 0 ? problem.Message
        : problem.Route is { Name.Length: > 0 } route ? $"Ingress {route.Namespace}/{route.Name}: host {problem.Host}: {problem.Message}"
        : $"host {problem.Host}: {problem.Message}";

    private static ErrorLogLevel LevelOf(FindingSeverity severity) => severity switch
    {
        FindingSeverity.Error => ErrorLogLevel.Error,
        FindingSeverity.Warning => ErrorLogLevel.Warn,
        _ => ErrorLogLevel.Info,
    };
}
