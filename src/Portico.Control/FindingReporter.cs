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
        var now = problems.ToHashSet();
        foreach (var problem in now)
        {
            if (!_problems.Contains(problem))
            {
                log.Write(ErrorLogLevel.Error, $"host {problem.Host}: {problem.Message}");
            }
        }

        _problems = now;
    }

    private static ErrorLogLevel LevelOf(FindingSeverity severity) => severity switch
    {
        FindingSeverity.Error => ErrorLogLevel.Error,
        FindingSeverity.Warning => ErrorLogLevel.Warn,
        _ => ErrorLogLevel.Info,
    };
}
