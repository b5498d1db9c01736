using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Portico.Model;
using Portico.Net.Tls;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Observing.Metrics;
using Portico.Proxy.Routing;

namespace Portico.Proxy.Serving;

/// <summary>
/// Brings the certificates of a listener's snapshots into its TLS context. Only names whose certificate changed are touched; a
/// change of protocol settings makes a new context for new connections. Control thread; <see cref="Context"/> is read by shards.
/// </summary>
internal sealed class CertificatePublisher(int listener, ITlsHosts hosts, OcspCounters ocsp, ErrorLogWriter log)
{
    /// <summary>The settings that OpenSSL judges, and how each is taken over alone.</summary>
    private static readonly (string Key, Func<TlsSettings, TlsSettings, TlsSettings> Take)[] Refusable =
    [
        ("ssl-ciphers", (settings, from) => settings with { Ciphers = from.Ciphers }),
        ("ssl-ecdh-curve", (settings, from) => settings with { EcdhCurve = from.EcdhCurve }),
        ("ssl-session-ticket-key", (settings, from) => settings with { TicketKeys = from.TicketKeys }),
        ("ssl-dh-param", (settings, from) => settings with { DhParametersPem = from.DhParametersPem }),
    ];

    private readonly ConditionalWeakTable<Certificate, TlsCertificate> _loaded = new();
    private volatile TlsServerContext? _context;
    private CertificateTable? _table;
    private TlsServerNames? _names;
    private OcspStapler? _stapler;

    /// <summary>As the model has them, good or bad.</summary>
    private TlsSettings? _settings;

    /// <summary>As the context has them.</summary>
    private TlsSettings _inForce = new();
    private ImmutableArray<RoutingProblem> _problems = [];

    public TlsServerContext Context => _context ?? throw new InvalidOperationException("no certificates were published yet");

    /// <returns>Settings that cannot be used, as long as the model holds them.</returns>
    public ImmutableArray<RoutingProblem> Publish(GatewayModel model)
    {
        var table = model.Listeners[listener].Certificates ?? throw new InvalidOperationException("a TLS listener needs certificates");
        var names = NamesOf(table);
        if (_context is null || _settings != model.Settings.Tls)
        {
            Reconfigure(model.Settings.Tls, names);
        }
        else if (!ReferenceEquals(names, _names))
        {
            _stapler?.Retain(names.Certificates);
            _context.Publish(names);
        }

        _table = table;
        _names = names;
        return _problems;
    }

    public void Close() => _stapler?.Close();

    // A setting that OpenSSL refuses keeps the value that is in force, and only that one: the others are followed.
    private void Reconfigure(TlsSettings settings, TlsServerNames names)
    {
        var stapler = settings.OcspStapling ? _stapler ?? new OcspStapler(ocsp, log, TimeProvider.System) : null;
        stapler?.Retain(names.Certificates);
        var problems = ImmutableArray.CreateBuilder<RoutingProblem>();
        var usable = settings;
        if (!TlsServerContext.TryCreate(OptionsOf(settings), names, out var context, out _, hosts, stapler))
        {
            usable = WithoutRefused(settings, names, problems);
            if (!TlsServerContext.TryCreate(OptionsOf(usable), names, out context, out var error, hosts, stapler))
            {
                context = _context ?? throw new InvalidOperationException($"OpenSSL refuses the TLS settings: {error}");
                problems.Add(new RoutingProblem("", null, RoutingProblem.BadTls, $"ConfigMap: the TLS settings cannot be used together, the ones before stay in force: {error}"));
            }
        }

        _problems = problems.DrainToImmutable();
        _settings = settings;
        if (ReferenceEquals(context, _context))
        {
            context.Publish(names);
            return;
        }

        _inForce = usable;
        _context = context;
        if (stapler is null)
        {
            _stapler?.Close();
        }

        _stapler = stapler;
    }

    /// <summary>Each setting is tried alone, beside defaults, which are known to work.</summary>
    private TlsSettings WithoutRefused(TlsSettings settings, TlsServerNames names, ImmutableArray<RoutingProblem>.Builder problems)
    {
        foreach (var (key, take) in Refusable)
        {
            if (!TlsServerContext.TryCreate(OptionsOf(take(new TlsSettings(), settings)), names, out _, out var error))
            {
                settings = take(settings, _inForce);
                problems.Add(new RoutingProblem("", null, RoutingProblem.BadTls, $"ConfigMap: {key}: {error}; the value before stays in force"));
            }
        }

        return settings;
    }

    private TlsServerNames NamesOf(CertificateTable table)
    {
        if (_names is null || _table is null)
        {
            return TlsServerNames.Create(Load(table.Default), Pairs(table));
        }

        var names = ReferenceEquals(table.Default, _table.Default) ? _names : _names.WithDefault(Load(table.Default));
        if (ReferenceEquals(table.ByServerName, _table.ByServerName))
        {
            return names;
        }

        foreach (var name in table.Change is { } change && change.IsAllSince(_table.ByServerName) ? change.Keys : table.ByServerName.Keys.Concat(_table.ByServerName.Keys))
        {
            if (!table.ByServerName.TryGetValue(name, out var certificate))
            {
                names = names.Without(name);
            }
            else if (!_table.ByServerName.TryGetValue(name, out var before) || !ReferenceEquals(before, certificate))
            {
                names = names.With(name, certificate is null ? null : Load(certificate));
            }
        }

        return names;
    }

    private IEnumerable<KeyValuePair<string, TlsCertificate?>> Pairs(CertificateTable table) =>
        table.ByServerName.Select(pair => KeyValuePair.Create(pair.Key, pair.Value is null ? null : Load(pair.Value)));

    /// <summary>The pair was checked by the translator: it is read by OpenSSL when a client first asks for it.</summary>
    private TlsCertificate Load(Certificate certificate) => _loaded.GetValue(
        certificate,
        static c => TlsCertificate.Deferred(
            ImmutableCollectionsMarshal.AsArray(c.ChainPem), ImmutableCollectionsMarshal.AsArray(c.KeyPem), c.Name));

    /// <summary>What is no base64 has no bytes, and is refused for that.</summary>
    private static ReadOnlyMemory<byte> DecodeTicketKey(string key)
    {
        var room = new byte[key.Length];
        return Convert.TryFromBase64String(key, room, out var length) ? room.AsMemory(0, length) : default;
    }

    private static TlsServerOptions OptionsOf(TlsSettings settings) => new()
    {
        Tls12 = settings.Tls12,
        Tls13 = settings.Tls13,
        ApplicationProtocols = settings.Http2 ? ["h2", "http/1.1", "http/1.0"] : ["http/1.1", "http/1.0"],
        Ciphers = settings.Ciphers,
        Groups = settings.EcdhCurve,
        SessionCache = settings.SessionCache,
        SessionTimeout = settings.SessionTimeout,
        SessionCacheSize = settings.SessionCacheEntries,
        SessionTickets = settings.SessionTickets,
        TicketKeys = [.. settings.TicketKeys.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(DecodeTicketKey)],
        DhParametersPem = Encoding.UTF8.GetBytes(settings.DhParametersPem),
        RejectUnknownNames = settings.RejectUnknownNames,
    };
}
