using System.Runtime.CompilerServices;
using Portico.Model;
using Portico.Proxy.Compression;
using Portico.Proxy.Headers;
using Portico.Proxy.Policies;

namespace Portico.Proxy.Requests;

/// <summary>
/// The global settings of a snapshot in executable form. Immutable, shared by all shards; made once for each
/// <see cref="GlobalSettings"/> object, however many routes are compiled against it.
/// </summary>
internal sealed class CompiledSettings
{
    private static readonly ConditionalWeakTable<GlobalSettings, CompiledSettings> Compiled = new();

    private CompiledSettings(GlobalSettings model)
    {
        Model = model;
        HeaderNames = new HeaderNameRules(model.Client);
        Identity = new ClientIdentity(model.Forwarded);
        RequestHeaders = new UpstreamRequestHeaders(model);
        ResponseHeaders = ResponseHeaderPlan.ForSettings(model);
        Compression = CompressionPlan.Compile(model.Compression);
        BlockedClients = AddressRangeSet.From(model.BlockedClients);
        WithoutRoute = RoutePolicies.ForUnmatched(this);
    }

    /// <summary>What ingress-nginx does without a ConfigMap.</summary>
    public static CompiledSettings Default { get; } = For(new GlobalSettings());

    public GlobalSettings Model { get; }

    public HeaderNameRules HeaderNames { get; }

    public ClientIdentity Identity { get; }

    public UpstreamRequestHeaders RequestHeaders { get; }

    /// <summary>Response headers of answers that no route is behind, and of routes without headers of their own.</summary>
    public ResponseHeaderPlan ResponseHeaders { get; }

    /// <summary>Which responses are compressed; null when none is.</summary>
    public CompressionPlan? Compression { get; }

    public AddressRangeSet BlockedClients { get; }

    /// <summary>The policies of a request that no route took: access rules, then 404.</summary>
    public RoutePolicies WithoutRoute { get; }

    public static CompiledSettings For(GlobalSettings settings) => Compiled.GetValue(settings, static model => new CompiledSettings(model));
}
