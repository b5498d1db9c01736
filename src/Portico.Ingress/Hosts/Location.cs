using Portico.Kubernetes.Resources;
using Portico.Model;

namespace Portico.Ingress.Hosts;

/// <summary>One path of a host before it becomes routes, in the sense of an nginx location.</summary>
internal sealed record Location(string Path, bool IsExact, IngressSettings Settings)
{
    /// <summary>Whose path it is; null for the built-in default of the catch-all host.</summary>
    public IngressEntry? Owner { get; init; }

    /// <summary>Null sends requests to the default backend of the installation.</summary>
    public BackendId? Backend { get; init; }

    public IngressServiceBackend? Service { get; init; }

    /// <summary>The root that nobody asked for: gives way to an explicit one.</summary>
    public bool IsImplicit { get; init; }

    /// <summary>The field of the Ingress, for messages.</summary>
    public string Field { get; init; } = "";

    /// <summary>nginx splits a Prefix path into the path itself and everything below, unless it is a regular expression already.</summary>
    public bool IsSplit => !IsExact && Path != "/" && !Settings.UseRegex && !Rewrites(Path);

    /// <summary>The text of the half for everything below.</summary>
    public string Below => Path.EndsWith('/') ? Path : Path + "/";

    /// <summary>Whether this Ingress itself makes its host match by regular expressions.</summary>
    public bool WantsRegex => Settings.UseRegex || Rewrites(Path) || (IsSplit && Rewrites(Below));

    /// <summary>A target equal to the path is no rewrite.</summary>
    public bool Rewrites(string path) => Settings.RewriteTarget is { } target && target != path;
}
