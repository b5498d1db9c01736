using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Api.Watching;

/// <summary>Takes what a watch hears. Called by one watch at a time, from several watches at once.</summary>
internal interface IWatchSink
{
    /// <summary>Everything there is, as of now: what was known before and is not here has gone.</summary>
    void Replace(ResourceWatch watch, List<KubernetesObject> objects, List<UnreadableObject> unreadable);

    void Apply(ResourceWatch watch, in WatchEvent change);

    /// <summary>The server does not answer, or says no; the watch goes on trying.</summary>
    void Failed(ResourceWatch watch, Exception error);

    /// <summary>The server has answered as it should.</summary>
    void Succeeded(ResourceWatch watch);
}
