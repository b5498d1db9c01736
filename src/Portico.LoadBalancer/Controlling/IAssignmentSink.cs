using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;

namespace Portico.LoadBalancer.Controlling;

/// <summary>Where decisions about addresses go: into a cluster, or to whoever looks at the output.</summary>
internal interface IAssignmentSink
{
    /// <summary>Makes the Service say what was decided. Called for several Services at once.</summary>
    /// <returns>False to be asked again later.</returns>
    Task<bool> WriteAsync(ServiceOutcome outcome, CancellationToken stop);

    void Tell(Service service, ServiceNews news);

    /// <summary>Something is wrong with an object of the configuration. The log has it already.</summary>
    void TellProblem(KubernetesObject found, string message);
}
