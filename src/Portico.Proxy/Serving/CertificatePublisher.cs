using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Portico.Model;
using Portico.Net.Tls;
using Portico.Proxy.Observing.ErrorLog;

namespace Portico.Proxy.Serving;

/// <summary>
/// Brings the certificates of a listener's snapshots into its TLS context. Only names whose certificate changed are touched; a
/// change of protocol settings makes a new context for new connections. Control thread; <see cref="Context"/> is read by shards.
/// </summary>
internal sealed class CertificatePublisher(int listener, ITlsHosts hosts, ErrorLogWriter log)
{
    private readonly ConditionalWeakTable<Certificate, TlsCertificate> _loaded = new();
    private volatile TlsServerContext? _context;
    private CertificateTable? _table;
    private TlsSettings? _settings;
    private TlsServerNames? _names;

    public TlsServerContext Context => _context ?? throw new InvalidOperationException("no certificates were published yet");

    public void Publish(GatewayModel model)
    {
        var table = model.Listeners[listener].Certificates ?? throw new InvalidOperationException("a TLS listener needs certificates");
        var names = NamesOf(table);
        if (_context is null || _settings != model.Settings.Tls)
        {
            Reconfigure(model.Settings.Tls, names);
        }
        else if (!ReferenceEquals(names, _names))
        {
            _context.Publish(names);
        }

        _table = table;
        _names = names;
    }

    private void Reconfigure(TlsSettings settings, TlsServerNames names)
    {
        if (TlsServerContext.TryCreate(OptionsOf(settings), names, out var context, out var error, hosts))
        {
            _context = context;
            _settings = settings;
            return;
        }

        log.Write(ErrorLogLevel.Error, $"the TLS settings cannot be used, the ones before stay in force: {error}");
        if (_context is null)
        {
            // Nothing is in force yet: the defaults are known to work.
            _context = TlsServerContext.TryCreate(OptionsOf(new TlsSettings()), names, out context, out error, hosts)
                ? context
                : throw new InvalidOperationException($"OpenSSL refuses the default settings: {error}");
        }
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

        foreach (var (name, certificate) in table.ByServerName)
        {
            if (!_table.ByServerName.TryGetValue(name, out var before) || !ReferenceEquals(before, certificate))
            {
                names = names.With(name, certificate is null ? null : Load(certificate));
            }
        }

        foreach (var name in _table.ByServerName.Keys)
        {
            names = table.ByServerName.ContainsKey(name) ? names : names.Without(name);
        }

        return names;
    }

    private IEnumerable<KeyValuePair<string, TlsCertificate?>> Pairs(CertificateTable table) =>
        table.ByServerName.Select(pair => KeyValuePair.Create(pair.Key, pair.Value is null ? null : Load(pair.Value)));

    /// <summary>The pair was checked by the translator: it is read by OpenSSL when a client first asks for it.</summary>
    private TlsCertificate Load(Certificate certificate) => _loaded.GetValue(
        certificate,
        static c => TlsCertificate.Deferred(
            ImmutableCollectionsMarshal.AsArray(c.ChainPem), ImmutableCollectionsMarshal.AsArray(c.KeyPem)));

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
        TicketKeys = [.. settings.TicketKeys.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(k => (ReadOnlyMemory<byte>)Convert.FromBase64String(k))],
        DhParametersPem = Encoding.UTF8.GetBytes(settings.DhParametersPem),
        RejectUnknownNames = settings.RejectUnknownNames,
    };
}
