using System.Globalization;
using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Api.Watching;

/// <summary>Which objects a watch is about.</summary>
/// <param name="Namespace">Empty for all.</param>
/// <param name="FieldSelector">Empty for none.</param>
internal sealed record WatchScope(ResourceKind Kind, string Namespace = "", string FieldSelector = "")
{
    /// <summary>What is asked for at a time; the API server's own clients use the same.</summary>
    private const int PageSize = 500;

    public ResourceType Type => ResourceType.Of(Kind);

    /// <summary>
    /// The most recent state: no resourceVersion. An older one from a server's cache could take objects back to a state
    /// that had passed already.
    /// </summary>
    /// <param name="whole">Without pages, for a server on which the pages expire faster than they are read.</param>
    public string ListPath(string continueToken, bool whole)
    {
        var path = WithSelector(Type.Collection(Namespace) + (whole ? "?" : string.Create(CultureInfo.InvariantCulture, $"?limit={PageSize}")));
        return continueToken.Length > 0 ? $"{path}&continue={Uri.EscapeDataString(continueToken)}" : path;
    }

    public string WatchPath(string version, int timeoutSeconds) => WithSelector(string.Create(
        CultureInfo.InvariantCulture,
        $"{Type.Collection(Namespace)}?watch=true&allowWatchBookmarks=true&resourceVersion={Uri.EscapeDataString(version)}&timeoutSeconds={timeoutSeconds}"));

    public override string ToString() =>
        (FieldSelector.Length, Namespace.Length) switch
        {
            (0, 0) => Type.Plural,
            (0, _) => $"{Type.Plural} in {Namespace}",
            (_, 0) => $"{Type.Plural} ({FieldSelector})",
            _ => $"{Type.Plural} in {Namespace} ({FieldSelector})",
        };

    private string WithSelector(string path) => FieldSelector.Length > 0 ? $"{path}&fieldSelector={Uri.EscapeDataString(FieldSelector)}" : path;
}
