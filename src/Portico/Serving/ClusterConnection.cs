using System.Collections.Immutable;
using Portico.Flags;
using Portico.Ingress;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Api.Configuration;
using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Sources;
using Portico.Kubernetes.Status;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Observing.Metrics;

namespace Portico.Serving;

/// <summary>The parts that only a gateway in a cluster has. Owned by the composition root.</summary>
internal sealed class ClusterConnection : IDisposable
{
    private ClusterConnection(ApiClient client, ApiSource source)
    {
        Client = client;
        Source = source;
        Metrics = new SourceMetrics(() => source.IsInContact, () => source.Failures, () => source.LastContactSeconds);
    }

    public ApiClient Client { get; }

    public ApiSource Source { get; }

    public SourceMetrics Metrics { get; }

    /// <exception cref="ApiConfigurationException">The way to the API server cannot be read.</exception>
    public static ClusterConnection Open(ServeOptions options, ErrorLogWriter log)
    {
        var connection = ApiConnections.Find(new ApiConnectionOptions
        {
            KubeConfig = options.KubeConfig,
            Context = options.Context,
            ApiServerHost = options.ApiServerHost,
            CertificateAuthority = options.CertificateAuthority,
        });
        foreach (var warning in connection.Warnings)
        {
            log.Write(ErrorLogLevel.Warn, warning);
        }

        log.Write(ErrorLogLevel.Notice, $"watching {connection.Server.GetLeftPart(UriPartial.Authority)}, known from {connection.Origin}");
        var client = new ApiClient(connection);
        return new ClusterConnection(client, new ApiSource(client, new ApiSourceOptions
        {
            WatchNamespace = options.WatchNamespace,
            WatchNamespaces = options.WatchNamespaceSelector is not null,
            WatchAllSecrets = options.WatchAllSecrets,
        }));
    }

    /// <summary>What flags name and the translator of Ingresses does not ask for.</summary>
    public static ImmutableArray<ObjectKey> AlwaysWanted(ServeOptions options, string node) =>
    [
        .. node.Length > 0 ? [new ObjectKey(ResourceKind.Node, "", node)] : Array.Empty<ObjectKey>(),
        .. new[] { options.TcpServicesConfigMap, options.UdpServicesConfigMap }.OfType<NamespacedName>()
            .Select(name => new ObjectKey(ResourceKind.ConfigMap, name.Namespace, name.Name)),
    ];

    /// <summary>The node that the gateway runs on: the variable, else what the pod's object says; empty, with a warning, when neither does.</summary>
    public static async Task<string> NodeNameAsync(ServeOptions options, ApiClient? client, ErrorLogWriter log)
    {
        if (options.NodeName.Length > 0)
        {
            return options.NodeName;
        }

        var cause = "neither NODE_NAME nor POD_NAME and POD_NAMESPACE are set";
        if (client is not null && options.PodName.Length > 0 && options.PodNamespace.Length > 0)
        {
            try
            {
                return await OwnPod.NodeNameAsync(client, options.PodNamespace, options.PodName);
            }
            catch (Exception e) when (e is ApiException or IOException)
            {
                cause = e.Message;
            }
        }

        log.Write(ErrorLogLevel.Warn, $"--enable-topology-aware-routing has no effect, because the node of this gateway is not known: {cause}");
        return "";
    }

    public void Dispose() => Client.Dispose();
}
