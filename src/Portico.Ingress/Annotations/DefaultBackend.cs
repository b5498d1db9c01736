using System.Collections.Immutable;
using Portico.Model;

namespace Portico.Ingress.Annotations;

/// <summary>The Service that steps in when a path's own Service has no endpoints.</summary>
internal static class DefaultBackend
{
    public static readonly AnnotationDeclaration Service = new(
        "nginx.ingress.kubernetes.io/default-backend", AnnotationRisk.Low, ValueRule.ServiceName, InvalidValue.DropsIngress, "none",
        "A Service of the same namespace, on its first port: takes the requests while the path's Service has no endpoints, and makes the error pages of custom-http-errors.");

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } = [Service];

    /// <summary>A Service that does not exist, or has no endpoints, is passed over while running.</summary>
    public static BackendId? Read(AnnotationValues values, string ns) =>
        values.Text(Service) is { } name ? new BackendId(ns, name, "", BackendVariants.FirstPort) : null;
}
