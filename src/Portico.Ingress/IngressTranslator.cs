using System.Collections.Immutable;
using Portico.Ingress.Backends;
using Portico.Ingress.Configuration;
using Portico.Ingress.Hosts;
using Portico.Ingress.Selection;
using Portico.Ingress.Streams;
using Portico.Ingress.Tls;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Model;

namespace Portico.Ingress;

/// <summary>
/// Turns Ingresses, their annotations, the ConfigMap and the objects they name into a <see cref="GatewayModel"/>, change by
/// change. Owned by the control loop and used from its thread only. The work of an <see cref="Apply"/> is in proportion to
/// what changed: an endpoint replaces one backend, an Ingress rebuilds the hosts it names; only the global ConfigMap may
/// touch everything. Nothing that an object holds makes it throw.
/// </summary>
public sealed partial class IngressTranslator
{
    private readonly IngressOptions _options;
    private readonly IngressSelector _selector;
    private readonly IngressEvaluator _evaluator;
    private readonly ConfigurationReader _configurationReader;
    private readonly BackendTable _backends;
    private readonly CertificateStore _certificates;
    private readonly HostIndex _hosts;
    private readonly CanaryTable _canaries;
    private readonly IngressIndex _ingresses;
    private readonly DefaultBackendTracker _defaultBackend;
    private readonly StreamServices _streams;
    private readonly PassthroughHosts _passthrough;
    private readonly FindingsBook _findings = new();
    private GlobalConfiguration? _configuration;
    private GatewayModel? _model;

    public IngressTranslator(IngressOptions options, TimeProvider? clock = null)
    {
        var cache = new PolicyCache();
        _options = options;
        _selector = new IngressSelector(options);
        _evaluator = new IngressEvaluator(options, cache);
        _configurationReader = new ConfigurationReader(options.ConfigMap, options.ClusterDomain);
        _backends = new BackendTable(new ServiceResolver(options));
        _certificates = new CertificateStore(options.DefaultSslCertificate, clock ?? TimeProvider.System);
        _hosts = new HostIndex(new HostBuilder(options, cache), new HostCertificates(_certificates));
        _canaries = new CanaryTable(_hosts, _backends);
        _ingresses = new IngressIndex(_hosts, _backends, _canaries);
        _streams = new StreamServices(options, _backends);
        _passthrough = new PassthroughHosts(_backends);
        _defaultBackend = new DefaultBackendTracker(options.DefaultBackendService, _backends);
    }

    /// <param name="changes">What came, changed or went since the last call; the first call brings everything.</param>
    /// <param name="view">The objects as they are after these changes.</param>
    public TranslationResult Apply(IReadOnlyList<ResourceChange> changes, IResourceView view)
    {
        // 1. Sort the changes by what they touch.
        var work = Sort(changes, view);

        // 2. Configuration first: everything else starts from it.
        var routesChanged = work.Configuration && ReadConfiguration(view);

        // 3. Ingresses into the indexes; hosts and backends become dirty by that.
        if (routesChanged)
        {
            work.Reevaluate.UnionWith(_ingresses.Entries);
            _hosts.AllChanged();
        }

        foreach (var entry in work.Reevaluate)
        {
            Evaluate(entry, work, view);
        }

        foreach (var key in work.Ingresses)
        {
            UpdateIngress(key, work, view);
        }

        // 4. Backends before hosts: whether the default backend has endpoints decides where unmatched paths go.
        RebuildBackends(work, view, routesChanged);

        // 5. Hosts and their certificates.
        var defaultCertificate = UpdateCertificates(work, view);
        var context = new HostContext(_configuration!.Routes, _configuration.Settings.AccessLog.LogDefaultBackend, _defaultBackend.Current);
        work.Touched.UnionWith(_hosts.Rebuild(context, view));
        if (_passthrough.Update(_hosts.Passthrough, view))
        {
            ReportServices();
        }

        // 6. Canaries hang on the backends of paths, so they come after the hosts.
        work.Touched.UnionWith(_canaries.Settle());
        _backends.Rebuild(view);

        // 7. What was found, and what runs.
        foreach (var entry in work.Touched)
        {
            ReportIngress(entry);
        }

        Assemble(defaultCertificate);
        return new TranslationResult(_model!, _findings.All, _findings.TakeChanged()) { Orphans = _backends.Orphans, Counts = _findings.Counts };
    }

    /// <summary>
    /// Looks at the age of the certificates. True when an <see cref="Apply"/> without changes has something new to say.
    /// </summary>
    public bool LookAtCertificates()
    {
        var aged = _certificates.TakeAged();
        CertificatesChanged(aged);
        return aged.Count > 0;
    }

    private void CertificatesChanged(IEnumerable<NamespacedName> secrets)
    {
        foreach (var host in secrets.SelectMany(_ingresses.UsersOfSecret).SelectMany(i => i.Footprint.Hosts))
        {
            _hosts.CertificatesChanged(host);
        }
    }

    /// <summary>True when routes have to be built again, not only global settings replaced.</summary>
    private bool ReadConfiguration(IResourceView view)
    {
        var previous = _configuration;
        var (configuration, findings) = _configurationReader.Read(view);
        _configuration = configuration;
        CertificatesChanged(_certificates.FollowStapling(configuration.Settings.Tls.OcspStapling));
        if (_options.ConfigMap is { } name)
        {
            _findings.Replace(new ObjectReference("ConfigMap", name.Namespace, name.Name), findings);
        }

        return previous is not null && !configuration.HasSameRouteSettings(previous);
    }

    private void UpdateIngress(ObjectKey key, Work work, IResourceView view)
    {
        var known = _ingresses.Find(key);
        var current = view.Find<IngressResource>(key.Namespace, key.Name);
        var ownership = current is null ? Ownership.Foreign : _selector.Select(current, view);
        if (ownership != Ownership.Ours)
        {
            if (known is not null)
            {
                _ingresses.Remove(known);
            }

            _findings.Replace(new ObjectReference("Ingress", key.Namespace, key.Name), UnservedFindings(key, current, ownership));
            return;
        }

        var entry = _ingresses.FindOrAdd(current!);
        var onlyStatus = known is not null && IsStatusWrite(entry.Current, current!);
        entry.Current = current!;
        if (!onlyStatus)
        {
            Evaluate(entry, work, view);
        }
    }

    /// <summary>The API server counts the generation up with every change of the spec; annotations are compared.</summary>
    private static bool IsStatusWrite(IngressResource old, IngressResource now) =>
        now.Metadata.Generation > 0 && old.Metadata.Generation == now.Metadata.Generation && old.Metadata.Uid == now.Metadata.Uid
        && old.Metadata.Annotations.Count == now.Metadata.Annotations.Count && !old.Metadata.Annotations.Except(now.Metadata.Annotations).Any();

    private static ImmutableArray<Finding> UnservedFindings(ObjectKey key, IngressResource? ingress, Ownership ownership)
    {
        var reference = new ObjectReference("Ingress", key.Namespace, key.Name);
        return ownership switch
        {
            Ownership.ClassMissing =>
            [
                new Finding(
                    reference, "spec.ingressClassName", FindingSeverity.Info, "ClassMissing",
                    $"there is no IngressClass {ingress!.Spec.IngressClassName}; the Ingress is not served, and is looked at again when it changes"),
            ],
            Ownership.CatchAllDisabled =>
            [
                new Finding(
                    reference, "spec.defaultBackend", FindingSeverity.Warning, "CatchAllDisabled",
                    "the Ingress is not served, because it has a default backend and --disable-catch-all is set"),
            ],
            _ => [],
        };
    }

    /// <summary>A version that is refused changes nothing: the last accepted one stays in force, under the configuration of now.</summary>
    private void Evaluate(IngressEntry entry, Work work, IResourceView view)
    {
        var evaluation = _evaluator.Evaluate(entry.Current, entry.Reference, _configuration!, view);
        if (!evaluation.Refused)
        {
            _ingresses.PutInForce(entry, entry.Current, evaluation.Settings);
        }
        else if (entry.InForce is { } inForce)
        {
            var settings = _evaluator.Evaluate(inForce, entry.Reference, _configuration!, view).Settings;
            _ingresses.PutInForce(entry, inForce, settings);
            evaluation.Findings.Add(Refusal(entry, "the Ingress is refused; its last valid version stays in force"));
        }
        else
        {
            evaluation.Findings.Add(Refusal(entry, "the Ingress is refused and not served"));
        }

        entry.OwnFindings = [.. evaluation.Findings];
        work.Touched.Add(entry);
    }

    private static Finding Refusal(IngressEntry entry, string message) => new(entry.Reference, "", FindingSeverity.Error, "Rejected", message);

    private void ReportIngress(IngressEntry entry)
    {
        if (_ingresses.Find(entry.Key) != entry)
        {
            return;
        }

        var ofHosts = entry.Footprint.Hosts.SelectMany(_hosts.FindingsOf).Where(f => f.Ingress == entry).Select(f => f.Finding);
        _findings.Replace(entry.Reference, [.. entry.OwnFindings, .. ofHosts.Distinct(), .. _canaries.FindingsOf(entry)]);
    }

    private void RebuildBackends(Work work, IResourceView view, bool routesChanged)
    {
        if (work.Zone)
        {
            _backends.EverythingChanged();
        }

        foreach (var service in work.Services)
        {
            _backends.ServiceChanged(service);
        }

        if (_defaultBackend.Service is { } name && (work.First || routesChanged || work.Services.Contains(name)))
        {
            _defaultBackend.Pin(view, _configuration!.Routes.LoadBalancing);
            _findings.Replace(
                new ObjectReference("Flag", "", "default-backend-service"),
                _defaultBackend.Problem is { } problem
                    ? [new Finding(new ObjectReference("Flag", "", "default-backend-service"), "", FindingSeverity.Warning, "MissingService", problem)]
                    : []);
        }

        if (work.First || work.Streams)
        {
            _streams.Read(view);
        }

        _backends.Rebuild(view);
        _streams.Update(_findings);
        if (_defaultBackend.Update())
        {
            _hosts.DefaultBackendChanged();
        }

        ReportServices();
    }

    private void ReportServices()
    {
        foreach (var service in _backends.Looked)
        {
            ReportService(service);
        }
    }

    private void ReportService(NamespacedName service)
    {
        var reference = new ObjectReference("Service", service.Namespace, service.Name);
        _findings.Replace(reference, [.. _backends.ProblemsOf(service).Select(p =>
            new Finding(reference, p.Port, FindingSeverity.Warning, "NoEndpoints", $"an Ingress names this Service with port '{p.Port}': {p.Problem}"))]);
    }

    private Certificate UpdateCertificates(Work work, IResourceView view)
    {
        foreach (var secret in work.Secrets)
        {
            _certificates.Forget(secret);
        }

        CertificatesChanged(work.Secrets);

        var (certificate, problem) = _certificates.Default(view);
        if (_certificates.DefaultSecret is { } defaultSecret)
        {
            var reference = new ObjectReference("Flag", "", "default-ssl-certificate");
            _findings.Replace(reference, problem is null ? [] : [new Finding(reference, "", FindingSeverity.Warning, "Certificate", problem)]);
            if (work.Secrets.Contains(defaultSecret))
            {
                _hosts.DefaultCertificateChanged();
            }
        }

        return certificate;
    }

    /// <summary>Parts that did not change stay the same objects; when none did, so does the model.</summary>
    private void Assemble(Certificate defaultCertificate)
    {
        var settings = _configuration!.Settings with { DefaultBackend = _defaultBackend.Current };
        var previous = _model;
        var certificates = previous?.Listeners[1].Certificates is { } table
            && table.Default == defaultCertificate && ReferenceEquals(table.ByServerName, _hosts.CertificatesByName)
            ? table
            : new CertificateTable(_hosts.CertificatesByName, defaultCertificate) { Change = _hosts.CertificateChange };
        var sameListeners = previous is not null
            && ReferenceEquals(previous.Listeners[0].Hosts, _hosts.Hosts) && ReferenceEquals(previous.Listeners[1].Certificates, certificates)
            && ReferenceEquals(previous.Listeners[1].Passthrough, _hosts.Passthrough);
        var sameSettings = previous is not null && ReferenceEquals(_settingsSource, _configuration) && previous.Settings.DefaultBackend == settings.DefaultBackend;
        var sameStreams = previous is not null && previous.StreamListeners == _streams.Listeners;
        if (sameListeners && sameStreams && sameSettings && ReferenceEquals(previous!.Backends, _backends.Backends))
        {
            return;
        }

        _settingsSource = _configuration;
        _model = new GatewayModel
        {
            Listeners = sameListeners ? previous!.Listeners : ListenersFor(certificates),
            StreamListeners = _streams.Listeners,
            Backends = _backends.Backends,
            BackendChange = _backends.TakeChange(),
            Settings = sameSettings ? previous!.Settings : settings,
        };
    }

    /// <summary>The configuration that the model's settings were made from.</summary>
    private GlobalConfiguration? _settingsSource;

    private ImmutableArray<Listener> ListenersFor(CertificateTable certificates) =>
    [
        new Listener { Name = "http", Protocol = ListenerProtocol.Http, Port = _options.HttpPort, Hosts = _hosts.Hosts },
        new Listener { Name = "https", Protocol = ListenerProtocol.Https, Port = _options.HttpsPort, Hosts = _hosts.Hosts, Certificates = certificates, Passthrough = _hosts.Passthrough },
    ];
}
