using System.Collections.Concurrent;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;

namespace Portico.LoadBalancer.Controlling;

/// <summary>Without a cluster: each new decision is a line, <c>namespace/name address [address] pool</c>.</summary>
internal sealed class PrintedAssignments(Action<string> print, Action<string> log) : IAssignmentSink
{
    private readonly ConcurrentDictionary<ServiceKey, string> _printed = [];

    public Task<bool> WriteAsync(ServiceOutcome outcome, CancellationToken stop)
    {
        var key = ServiceReading.KeyOf(outcome.Service);
        var line = outcome.Addresses.IsEmpty ? $"{key} <pending>" : $"{key} {string.Join(' ', outcome.Addresses)} {outcome.Pool}";
        if (!_printed.TryGetValue(key, out var before) || before != line)
        {
            _printed[key] = line;
            print(line);
        }

        return Task.FromResult(true);
    }

    public void TellProblem(KubernetesObject found, string message)
    {
        // Without a cluster there is nobody else to tell.
    }

    public void Tell(Service service, ServiceNews news)
    {
        if (news.IsWarning)
        {
            log($"Service {ServiceReading.KeyOf(service)}: {news.Message}");
        }
    }
}
