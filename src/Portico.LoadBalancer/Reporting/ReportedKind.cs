using Portico.Kubernetes.Api;

namespace Portico.LoadBalancer.Reporting;

/// <summary>
/// A kind of object that is reported into. A cluster may not have it, or may not let us: that is said in one line, and tried again when
/// <see cref="ClusterReports"/> looks at everything anew. One task.
/// </summary>
internal sealed class ReportedKind(ResourceType type, Action<string> log)
{
    private string _said = "";

    public ResourceType Type => type;

    /// <summary>Whether writing is of no use for now.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Before everything is looked at anew.</summary>
    public void TryAgain() => IsRefused = false;

    public void Accepted() => _said = "";

    public void Refused(ApiException refusal)
    {
        IsRefused = true;
        var cause = refusal.Status.Code switch
        {
            404 => "the cluster does not have it",
            403 => $"{refusal.Message}; grant the verbs get, list, create, patch and delete on {type.Permission}, and patch on {type.Plural}/status",
            _ => refusal.Message,
        };
        if (cause != _said)
        {
            _said = cause;
            log($"{type.Permission}: nothing is reported there: {cause}");
        }
    }
}
