using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Portico.Http.Messages;
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

    private readonly BlockedValues? _blockedUserAgents;
    private readonly BlockedValues? _blockedReferers;

    private CompiledSettings(GlobalSettings model)
    {
        Model = model;
        HeaderNames = new HeaderNameRules(model.Client);
        Identity = new ClientIdentity(model.Forwarded);
        RequestHeaders = new UpstreamRequestHeaders(model);
        ResponseHeaders = ResponseHeaderPlan.ForSettings(model);
        Compression = CompressionPlan.Compile(model.Compression);
        BlockedClients = AddressRangeSet.From(model.BlockedClients);
        _blockedUserAgents = BlockedValues.Compile(model.BlockedUserAgents);
        _blockedReferers = BlockedValues.Compile(model.BlockedReferers);
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

    /// <summary>Whether there is any <c>block-user-agents</c> or <c>block-referers</c>.</summary>
    public bool BlocksClients => _blockedUserAgents is not null || _blockedReferers is not null;

    /// <summary>Entries of the two that block nobody, and why.</summary>
    public ImmutableArray<string> BlockingProblems => [.. _blockedUserAgents?.Problems ?? [], .. _blockedReferers?.Problems ?? []];

    /// <summary>The policies of a request that no route took: access rules, then 404.</summary>
    public RoutePolicies WithoutRoute { get; }

    /// <summary>Whether the request comes from a blocked user agent or referer.</summary>
    public bool Blocks(HeaderBlock headers) =>
        (_blockedUserAgents is not null && headers.TryGet(HeaderId.UserAgent, out var agent) && _blockedUserAgents.Contains(agent))
        || (_blockedReferers is not null && headers.TryGet(HeaderId.Referer, out var referer) && _blockedReferers.Contains(referer));

    public static CompiledSettings For(GlobalSettings settings) => Compiled.GetValue(settings, static model => new CompiledSettings(model));
}
