using System.Collections.Immutable;
using System.Net;
using Portico.Flags.Declared;
using Portico.Ingress;
using Portico.Ingress.Selection;

namespace Portico.Flags;

/// <summary>
/// What <c>serve</c> was asked to do: one property per flag, with the flag's default when it was not given. Immutable, made
/// once at start. Flags without effect have no property.
/// </summary>
internal sealed record ServeOptions(FlagValues Flags)
{
    /// <summary>Everything at its default.</summary>
    public ServeOptions()
        : this(new FlagValues())
    {
    }

    /// <summary>Files and folders of manifests, absolute.</summary>
    public ImmutableArray<string> Manifests { get; init; } = [.. Flags.Get(SourceFlags.Manifests).Select(Path.GetFullPath)];

    public string KubeConfig { get; init; } = Flags.Get(SourceFlags.KubeConfig);

    public string ApiServerHost { get; init; } = Flags.Get(SourceFlags.ApiServerHost);

    public string CertificateAuthority { get; init; } = Flags.Get(SourceFlags.CertificateAuthority);

    public string Context { get; init; } = Flags.Get(SourceFlags.Context);

    public bool WatchAllSecrets { get; init; } = Flags.Get(SourceFlags.WatchAllSecrets);

    /// <summary>Empty for all.</summary>
    public string WatchNamespace { get; init; } = Flags.Get(SourceFlags.WatchNamespace);

    /// <summary>Null for all.</summary>
    public LabelSelector? WatchNamespaceSelector { get; init; } = Flags.Get(SourceFlags.WatchNamespaceSelector);

    public string ClusterDomain { get; init; } = Flags.Get(SourceFlags.ClusterDomain);

    /// <summary>Null for all addresses, IPv4 and IPv6.</summary>
    public IPAddress? BindAddress { get; init; } = Flags.Get(ListenerFlags.BindAddress);

    public int HttpPort { get; init; } = Flags.Get(ListenerFlags.HttpPort);

    public int HttpsPort { get; init; } = Flags.Get(ListenerFlags.HttpsPort);

    public bool Http2Cleartext { get; init; } = Flags.Get(ListenerFlags.Http2Cleartext);

    public NamespacedName? DefaultSslCertificate { get; init; } = Flags.Get(ListenerFlags.DefaultSslCertificate);

    public bool EnableSslPassthrough { get; init; } = Flags.Get(ListenerFlags.EnableSslPassthrough);

    public bool EnableSslChainCompletion { get; init; } = Flags.Get(ListenerFlags.EnableSslChainCompletion);

    public string TempDir { get; init; } = Flags.Get(ListenerFlags.TempDir) is { Length: > 0 } folder ? Path.GetFullPath(folder) : Path.GetTempPath();

    public int TempDirMegabytes { get; init; } = Flags.Get(ListenerFlags.TempDirMegabytes);

    /// <summary>Zero for one per core that the process may use.</summary>
    public int Shards { get; init; } = Flags.Get(ListenerFlags.Shards);

    public NamespacedName? ConfigMap { get; init; } = Flags.Get(IngressFlags.ConfigMap);

    public string ControllerClass { get; init; } = Flags.Get(IngressFlags.ControllerClass);

    public string IngressClass { get; init; } = Flags.Get(IngressFlags.IngressClass);

    public bool IngressClassByName { get; init; } = Flags.Get(IngressFlags.IngressClassByName);

    public bool WatchIngressWithoutClass { get; init; } = Flags.Get(IngressFlags.WatchIngressWithoutClass);

    public NamespacedName? DefaultBackendService { get; init; } = Flags.Get(IngressFlags.DefaultBackendService);

    public bool DisableCatchAll { get; init; } = Flags.Get(IngressFlags.DisableCatchAll);

    public bool DisableSvcExternalName { get; init; } = Flags.Get(IngressFlags.DisableSvcExternalName);

    public bool DeepInspect { get; init; } = Flags.Get(IngressFlags.DeepInspect);

    public string AnnotationsPrefix { get; init; } = Flags.Get(IngressFlags.AnnotationsPrefix);

    public bool EnableAnnotationValidation { get; init; } = Flags.Get(IngressFlags.EnableAnnotationValidation);

    public bool EnableTopologyAwareRouting { get; init; } = Flags.Get(IngressFlags.EnableTopologyAwareRouting);

    public int HealthzPort { get; init; } = Flags.Get(MetricsFlags.HealthzPort);

    /// <summary>Null for all addresses.</summary>
    public IPAddress? HealthzHost { get; init; } = Flags.Get(MetricsFlags.HealthzHost) ?? Flags.Get(ListenerFlags.BindAddress);

    public string HealthCheckPath { get; init; } = Flags.Get(MetricsFlags.HealthCheckPath);

    public bool EnableMetrics { get; init; } = Flags.Get(MetricsFlags.EnableMetrics);

    public bool MetricsPerHost { get; init; } = Flags.Get(MetricsFlags.MetricsPerHost);

    public bool MetricsPerUndefinedHost { get; init; } = Flags.Get(MetricsFlags.MetricsPerUndefinedHost);

    public bool ReportStatusClasses { get; init; } = Flags.Get(MetricsFlags.ReportStatusClasses);

    public ImmutableArray<string> ExcludeSocketMetrics { get; init; } = Flags.Get(MetricsFlags.ExcludeSocketMetrics);

    /// <summary>Seconds.</summary>
    public ImmutableArray<double> TimeBuckets { get; init; } = Flags.Get(MetricsFlags.TimeBuckets);

    /// <summary>Bytes.</summary>
    public ImmutableArray<double> LengthBuckets { get; init; } = Flags.Get(MetricsFlags.LengthBuckets);

    /// <summary>Bytes.</summary>
    public ImmutableArray<double> SizeBuckets { get; init; } = Flags.Get(MetricsFlags.SizeBuckets);

    public TimeSpan ShutdownGracePeriod { get; init; } = TimeSpan.FromSeconds(Flags.Get(LifetimeFlags.ShutdownGracePeriod));

    /// <summary>A cluster needs the pause until its Services have noticed; with manifests alone it is zero unless asked for.</summary>
    public TimeSpan PostShutdownGracePeriod { get; init; } = TimeSpan.FromSeconds(
        Flags.IsGiven(LifetimeFlags.PostShutdownGracePeriod) || Flags.Get(SourceFlags.Manifests).IsEmpty ? Flags.Get(LifetimeFlags.PostShutdownGracePeriod) : 0);

    public NamespacedName? TcpServicesConfigMap { get; init; } = Flags.Get(LayerFourFlags.TcpServicesConfigMap);

    public NamespacedName? UdpServicesConfigMap { get; init; } = Flags.Get(LayerFourFlags.UdpServicesConfigMap);

    public NamespacedName? PublishService { get; init; } = Flags.Get(StatusFlags.PublishService);

    public string PublishStatusAddress { get; init; } = Flags.Get(StatusFlags.PublishStatusAddress);

    public bool ReportNodeInternalIpAddress { get; init; } = Flags.Get(StatusFlags.ReportNodeInternalIpAddress);

    public bool UpdateStatus { get; init; } = Flags.Get(StatusFlags.UpdateStatus);

    public bool UpdateStatusOnShutdown { get; init; } = Flags.Get(StatusFlags.UpdateStatusOnShutdown);

    public TimeSpan StatusUpdateInterval { get; init; } = TimeSpan.FromSeconds(Math.Max(5, Flags.Get(StatusFlags.StatusUpdateInterval)));

    public bool DisableLeaderElection { get; init; } = Flags.Get(StatusFlags.DisableLeaderElection);

    public string ElectionId { get; init; } = Flags.Get(StatusFlags.ElectionId);

    /// <summary>As in ingress-nginx, nothing or less becomes 30 s.</summary>
    public TimeSpan ElectionTtl { get; init; } = Flags.Get(StatusFlags.ElectionTtl) is { Ticks: > 0 } ttl ? ttl : TimeSpan.FromSeconds(30);

    public bool DisableSyncEvents { get; init; } = Flags.Get(StatusFlags.DisableSyncEvents);

    public string ValidatingWebhook { get; init; } = Flags.Get(AdmissionFlags.ValidatingWebhook);

    public string ValidatingWebhookCertificate { get; init; } = Flags.Get(AdmissionFlags.ValidatingWebhookCertificate);

    public string ValidatingWebhookKey { get; init; } = Flags.Get(AdmissionFlags.ValidatingWebhookKey);

    public bool ValidatingWebhookSelfSigned { get; init; } = Flags.Get(AdmissionFlags.ValidatingWebhookSelfSigned);

    public string ValidatingWebhookName { get; init; } = Flags.Get(AdmissionFlags.ValidatingWebhookName);

    /// <summary>klog's verbosity.</summary>
    public int Verbosity { get; init; } = Flags.Get(LogFlags.Verbosity);

    /// <summary>The name of the pod that we run in (<c>POD_NAME</c>), empty outside a cluster.</summary>
    public string PodName { get; init; } = "";

    /// <summary>Its namespace (<c>POD_NAMESPACE</c>), empty outside a cluster.</summary>
    public string PodNamespace { get; init; } = "";

    /// <summary>The node that the pod runs on (<c>NODE_NAME</c>), empty when nobody says.</summary>
    public string NodeName { get; init; } = "";
}
