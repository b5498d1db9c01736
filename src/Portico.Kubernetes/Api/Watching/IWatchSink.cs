namespace Portico.Kubernetes.Api.Watching;

/// <summary>Takes what a watch hears. Called by one watch at a time, from several watches at once.</summary>
internal interface IWatchSink
{
    /// <summary>A list begins; what came of one that was begun before is forgotten.</summary>
    void BeginList(ResourceWatch watch);

    /// <summary>
    /// A part of it. Nothing of a list counts before its end: some objects of now beside some of earlier are no state that ever was.
    /// </summary>
    void TakePage(ResourceWatch watch, ObjectList page);

    /// <summary>The list is whole: what was known before and did not come with it has gone.</summary>
    void EndList(ResourceWatch watch);

    void Apply(ResourceWatch watch, in WatchEvent change);

    /// <summary>The server does not answer, or says no; the watch goes on trying.</summary>
    void Failed(ResourceWatch watch, Exception error);

    /// <summary>The server has answered as it should.</summary>
    void Succeeded(ResourceWatch watch);
}
