using System.Buffers;
using Portico.Ingress.Annotations;
using Portico.Kubernetes.Resources;
using Portico.Model;

namespace Portico.Ingress.Admission;

/// <summary>The paths of an Ingress under review: whether they fit their types, and whether somebody else has them.</summary>
internal static class PathReview
{
    private static readonly SearchValues<char> PlainPath = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/");

    /// <summary>Paths of type Exact or Prefix that look like expressions, one sentence each.</summary>
    public static List<string> Unfit(IngressResource ingress)
    {
        var unfit = new List<string>();
        foreach (var path in ingress.Spec.Rules.SelectMany(rule => rule.Http?.Paths ?? []))
        {
            if (path.PathType is "Exact" or "Prefix" && (!path.Path.StartsWith('/') || path.Path.AsSpan().ContainsAnyExcept(PlainPath)))
            {
                unfit.Add($"path {path.Path} cannot be used with pathType {path.PathType}");
            }
        }

        return unfit;
    }

    /// <summary>
    /// Host and path that another Ingress serves already. As in ingress-nginx, an Exact path may be added beside a Prefix, and a canary
    /// beside its main Ingress.
    /// </summary>
    public static string? Overlap(IngressResource ingress, AdmissionState state, string prefix)
    {
        if (state.Model.Listeners.IsEmpty || ingress.Metadata.Annotations.ContainsKey(AnnotationCatalog.NameOf(Canary.IsCanary, prefix)))
        {
            return null;
        }

        var hosts = state.Model.Listeners[0].Hosts.Hosts;
        foreach (var rule in ingress.Spec.Rules)
        {
            if (!HostName.TryNormalise(rule.Host, out var host) || !hosts.TryGetValue(host, out var served))
            {
                continue;
            }

            foreach (var path in rule.Http?.Paths ?? [])
            {
                var text = path.Path.Length == 0 ? "/" : path.Path;
                if (OwnerOf(served, host, text, path.PathType == "Exact", ingress, state, prefix) is { } owner)
                {
                    return $"host \"{host}\" and path \"{text}\" is already defined in ingress {owner.Metadata.Namespace}/{owner.Metadata.Name}";
                }
            }
        }

        return null;
    }

    private static IngressResource? OwnerOf(
        VirtualHost host, string hostName, string path, bool exact, IngressResource ingress, AdmissionState state, string prefix)
    {
        IngressResource? owner = null;
        foreach (var route in host.Routes)
        {
            var origin = route.Origin;
            if (origin.Path != path || origin.Name.Length == 0)
            {
                continue;
            }

            if (origin.Namespace == ingress.Metadata.Namespace && origin.Name == ingress.Metadata.Name)
            {
                return null;
            }

            if (state.Ingresses.TryGetValue(new ObjectKey(ResourceKind.Ingress, origin.Namespace, origin.Name), out var other)
                && !other.Metadata.Annotations.ContainsKey(AnnotationCatalog.NameOf(Canary.IsCanary, prefix))
                && Defines(other, hostName, path, exact))
            {
                owner ??= other;
            }
        }

        return owner;
    }

    /// <summary>Whether a rule says so; a default backend, which serves the root as well, does not count.</summary>
    private static bool Defines(IngressResource other, string host, string path, bool exactOnly) =>
        other.Spec.Rules.Any(rule => HostName.TryNormalise(rule.Host, out var name) && name == host
            && (rule.Http?.Paths ?? []).Any(p => (p.Path.Length == 0 ? "/" : p.Path) == path && (!exactOnly || p.PathType == "Exact")));
}
