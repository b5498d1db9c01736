using System.Collections.Immutable;
using Portico.Flags.Declared;
using Portico.Kubernetes.Api.Configuration;

namespace Portico.Flags;

/// <summary>What became of the arguments of <c>serve</c>: options when there are no errors, and one line per thing to say.</summary>
internal sealed record ServeCommandLine
{
    /// <summary>Null when there are errors, or when only the version is wanted.</summary>
    public ServeOptions? Options { get; private init; }

    public bool VersionWanted { get; private init; }

    public ImmutableArray<string> Errors { get; private init; } = [];

    public ImmutableArray<string> Warnings { get; private init; } = [];

    /// <param name="environment">Looks up an environment variable.</param>
    public static ServeCommandLine Parse(IReadOnlyList<string> arguments, Func<string, string?> environment)
    {
        var reader = new FlagReader(arguments);
        var values = reader.Read();
        if (reader.Errors.Count == 0 && values.Get(LogFlags.Version))
        {
            return new ServeCommandLine { VersionWanted = true };
        }

        ImmutableArray<string> warnings = [.. values.Given.Where(f => f.Effect != FlagEffect.Implemented).Select(Warning)];
        ImmutableArray<string> errors = [.. reader.Errors, .. Contradictions(values), .. MissingSources(values, environment), .. MissingCertificates(values, environment)];
        return errors.IsEmpty
            ? new ServeCommandLine { Warnings = warnings, Options = Accept(values, environment) }
            : new ServeCommandLine { Warnings = warnings, Errors = errors };
    }

    private static ServeOptions Accept(FlagValues values, Func<string, string?> environment) => new(values)
    {
        PodName = environment("POD_NAME") ?? "",
        PodNamespace = environment("POD_NAMESPACE") ?? "",
        NodeName = environment("NODE_NAME") ?? "",
    };

    private static string Warning(Flag flag) =>
        flag.Effect == FlagEffect.Ignored ? $"{flag} has no effect: {flag.Because}" : $"{flag} has no effect yet: {flag.Because}";

    private static IEnumerable<string> Contradictions(FlagValues values)
    {
        if (values.Get(StatusFlags.PublishService) is not null && values.Get(StatusFlags.PublishStatusAddress).Length > 0)
        {
            yield return "--publish-service and --publish-status-address exclude each other; give one of them";
        }

        if (values.Get(SourceFlags.WatchNamespace).Length > 0 && values.Get(SourceFlags.WatchNamespaceSelector) is not null)
        {
            yield return "--watch-namespace and --watch-namespace-selector exclude each other; give one of them";
        }

        if (values.Get(MetricsFlags.MetricsPerUndefinedHost) && !values.Get(MetricsFlags.MetricsPerHost))
        {
            yield return "--metrics-per-undefined-host needs --metrics-per-host";
        }

        foreach (var clash in PortClashes(values))
        {
            yield return clash;
        }
    }

    private static IEnumerable<string> PortClashes(FlagValues values)
    {
        Flag<int>[] ports = [ListenerFlags.HttpPort, ListenerFlags.HttpsPort, MetricsFlags.HealthzPort];
        for (var i = 0; i < ports.Length; i++)
        {
            for (var j = i + 1; j < ports.Length; j++)
            {
                if (values.Get(ports[i]) == values.Get(ports[j]) && ShareAddress(values, ports[j]))
                {
                    yield return $"{ports[i]} and {ports[j]} are both {values.Get(ports[i])}; each needs a port of its own";
                }
            }
        }
    }

    /// <summary>The administrative port may have an address of its own; two different addresses can carry the same port.</summary>
    private static bool ShareAddress(FlagValues values, Flag<int> second)
    {
        var traffic = values.Get(ListenerFlags.BindAddress);
        var admin = values.Get(MetricsFlags.HealthzHost) ?? traffic;
        return second != MetricsFlags.HealthzPort || traffic is null || admin is null || traffic.Equals(admin);
    }

    private static IEnumerable<string> MissingSources(FlagValues values, Func<string, string?> environment)
    {
        var manifests = values.Get(SourceFlags.Manifests);
        var cluster = new ApiConnectionOptions
        {
            KubeConfig = values.Get(SourceFlags.KubeConfig),
            ApiServerHost = values.Get(SourceFlags.ApiServerHost),
            Environment = environment,
        };
        if (manifests.IsEmpty && !ApiConnections.IsConfigured(cluster))
        {
            yield return "there is nothing to read objects from: give --manifests with a file or folder of Kubernetes manifests, "
                + "or a cluster with --kubeconfig, --apiserver-host or the variable KUBECONFIG; a pod finds its cluster by itself";
        }

        if (!manifests.IsEmpty && (cluster.KubeConfig.Length > 0 || cluster.ApiServerHost.Length > 0))
        {
            yield return $"--manifests and {(cluster.KubeConfig.Length > 0 ? "--kubeconfig" : "--apiserver-host")} exclude each other; give one of them";
        }

        foreach (var path in manifests.Where(p => !Path.Exists(p)))
        {
            yield return $"{SourceFlags.Manifests}={path}: expected the path of a file or folder that exists";
        }
    }

    private static IEnumerable<string> MissingCertificates(FlagValues values, Func<string, string?> environment)
    {
        if (values.Get(AdmissionFlags.ValidatingWebhook).Length == 0)
        {
            yield break;
        }

        var hasFiles = values.Get(AdmissionFlags.ValidatingWebhookCertificate).Length > 0 && values.Get(AdmissionFlags.ValidatingWebhookKey).Length > 0;
        var makesItsOwn = values.Get(AdmissionFlags.ValidatingWebhookSelfSigned);
        if (!hasFiles && !makesItsOwn)
        {
            yield return "--validating-webhook needs a certificate: give --validating-webhook-certificate and --validating-webhook-key, or --validating-webhook-self-signed";
        }

        if (makesItsOwn && (!values.Get(SourceFlags.Manifests).IsEmpty || string.IsNullOrEmpty(environment("POD_NAMESPACE"))))
        {
            yield return "--validating-webhook-self-signed keeps the certificate in a Secret: it needs a cluster and the variable POD_NAMESPACE";
        }
    }
}
