namespace Portico.Ingress;

/// <summary>The values of <see cref="Model.BackendId.Variant"/> that Ingresses bring about.</summary>
internal static class BackendVariants
{
    /// <summary>The Service's ClusterIP stands instead of its endpoints.</summary>
    public const string ServiceUpstream = "service-upstream";

    /// <summary>The Service of <c>--default-backend-service</c>, which has a log name of its own.</summary>
    public const string Default = "default-backend";
}
