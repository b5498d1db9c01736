using Portico.Kubernetes.Resources;

namespace Portico.Ingress.Configuration;

/// <summary>Everything there is to know about one key of the global ConfigMap, written down once.</summary>
/// <param name="Take">Puts a value into the draft; false when it does not convert. Null where there is nothing to take.</param>
/// <param name="Remark">Why the key means nothing outside nginx, or is not in effect; empty otherwise.</param>
internal sealed record ConfigKey(
    string Name, string Default, string Doc, ConfigEffect Effect, Func<ConfigurationDraft, string, bool>? Take, string Remark = "")
{
    /// <summary>The kind of object that the value names, as namespace/name: a cluster is asked for it.</summary>
    public ResourceKind? Names { get; init; }

    /// <summary>What is otherwise in ingress-nginx, one sentence for the reference page; empty for nothing.</summary>
    public string Difference { get; init; } = "";
}

internal enum ConfigEffect
{
    InEffect,

    /// <summary>Tunes the inside of nginx: accepted, without effect.</summary>
    NoMeaning,

    /// <summary>Known, without effect in this version.</summary>
    NotYet,

    /// <summary>As <see cref="NotYet"/>, and clients that should be kept out are let in.</summary>
    NotYetGuardsAccess,
}
