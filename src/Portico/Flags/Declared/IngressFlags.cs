using Portico.Ingress;

namespace Portico.Flags.Declared;

/// <summary>Which Ingresses are ours and how they are read.</summary>
internal static class IngressFlags
{
    private const string GeoIp = "client locations are still to come";

    public static FlagGroup Group { get; } = new("Ingresses");

    public static Flag<NamespacedName?> ConfigMap { get; } = Group.Add(
        FlagTypes.Object, "configmap", null, "The ConfigMap with the settings of the installation.");

    public static Flag<string> ControllerClass { get; } = Group.Add(
        FlagTypes.Name, "controller-class", "k8s.io/ingress-nginx", "The value of spec.controller in IngressClasses that are ours.");

    public static Flag<string> IngressClass { get; } = Group.Add(
        FlagTypes.Name, "ingress-class", "nginx", "The value of the annotation kubernetes.io/ingress.class of Ingresses that are ours.");

    public static Flag<bool> IngressClassByName { get; } = Group.Add(
        FlagTypes.Switch, "ingress-class-by-name", false, "An IngressClass named as --ingress-class is ours whatever its controller.");

    public static Flag<bool> WatchIngressWithoutClass { get; } = Group.Add(
        FlagTypes.Switch, "watch-ingress-without-class", false, "Serve Ingresses that name no class.");

    public static Flag<NamespacedName?> DefaultBackendService { get; } = Group.Add(
        FlagTypes.Object, "default-backend-service", null, "The Service that gets requests no Ingress claims.", "a 404 page");

    public static Flag<bool> DisableCatchAll { get; } = Group.Add(
        FlagTypes.Switch, "disable-catch-all", false, "Ignore Ingresses that have spec.defaultBackend.");

    public static Flag<bool> DisableSvcExternalName { get; } = Group.Add(
        FlagTypes.Switch, "disable-svc-external-name", false, "Services of type ExternalName get no endpoints.");

    public static Flag<bool> DeepInspect { get; } = Group.Add(
        FlagTypes.Switch, "deep-inspect", true, "Refuse Ingresses whose hosts, paths or TLS names hold text known from attacks.");

    public static Flag<string> AnnotationsPrefix { get; } = Group.Add(
        FlagTypes.Name, "annotations-prefix", "nginx.ingress.kubernetes.io", "The prefix of all annotations; the usual one is then no longer read.");

    public static Flag<bool> EnableAnnotationValidation { get; } = Group.Add(
        FlagTypes.Switch, "enable-annotation-validation", true, "Refuse Ingresses with annotation values that are not valid.");

    public static Flag<bool> EnableTopologyAwareRouting { get; } = Group.Add(
        FlagTypes.Switch, "enable-topology-aware-routing", false, "Leave the endpoints of other zones alone, for Services that ask for it and whose slices have hints; needs NODE_NAME, or POD_NAME and POD_NAMESPACE.");

    public static Flag<string> MaxMindEditionIds { get; } = Group.AddNotYet(
        FlagTypes.Text, "maxmind-edition-ids", "GeoLite2-City,GeoLite2-ASN", "The databases of client locations.", GeoIp);

    public static Flag<string> MaxMindLicenseKey { get; } = Group.AddNotYet(
        FlagTypes.Text, "maxmind-license-key", "", "The key for their download.", GeoIp);

    public static Flag<string> MaxMindMirror { get; } = Group.AddNotYet(
        FlagTypes.Url, "maxmind-mirror", "", "Another place to download from.", GeoIp);

    public static Flag<int> MaxMindRetriesCount { get; } = Group.AddNotYet(
        FlagTypes.Count, "maxmind-retries-count", 1, "Attempts of the download.", GeoIp);

    public static Flag<TimeSpan> MaxMindRetriesTimeout { get; } = Group.AddNotYet(
        FlagTypes.Duration, "maxmind-retries-timeout", TimeSpan.Zero, "The pause between them.", GeoIp);
}
