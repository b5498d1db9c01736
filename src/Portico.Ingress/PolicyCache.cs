using Portico.Model.Policies;

namespace Portico.Ingress;

/// <summary>
/// Makes equal settings of different Ingresses one object, so that ten thousand Ingresses with the same timeouts hold one
/// record of them. Owned by the translator, on its thread.
/// </summary>
internal sealed class PolicyCache
{
    /// <summary>Beyond this the cache starts anew: settings that come and go must not pile up.</summary>
    private const int Limit = 8192;

    private readonly Dictionary<object, object> _shared = [];

    /// <summary>For records whose equality is by value.</summary>
    public T? Share<T>(T? policy) where T : class => policy is null ? null : Share(policy, policy);

    public CorsPolicy? Share(CorsPolicy? policy) =>
        policy is null ? null : Share((typeof(CorsPolicy), policy with { AllowOrigins = [] }, string.Join(',', policy.AllowOrigins)), policy);

    public ClientCertificatePolicy? Share(ClientCertificatePolicy? policy) =>
        policy is null ? null : Share((typeof(ClientCertificatePolicy), policy with { AuthoritiesPem = [], RevocationPem = [] }), policy);

    public UpstreamTlsPolicy? Share(UpstreamTlsPolicy? policy) =>
        policy is null ? null : Share((typeof(UpstreamTlsPolicy), policy with { AuthoritiesPem = [], ChainPem = [], KeyPem = [] }), policy);

    public SourceRangePolicy? Share(SourceRangePolicy? policy) =>
        policy is null ? null : Share((typeof(SourceRangePolicy), string.Join(',', policy.Deny), string.Join(',', policy.Allow)), policy);

    public ResponseHeadersPolicy? Share(ResponseHeadersPolicy? policy) =>
        policy is null ? null : Share((typeof(ResponseHeadersPolicy), string.Join('\n', policy.Set.Select(h => $"{h.Name}: {h.Value}"))), policy);

    private T Share<T>(object key, T policy) where T : class
    {
        if (_shared.TryGetValue(key, out var known))
        {
            return (T)known;
        }

        if (_shared.Count >= Limit)
        {
            _shared.Clear();
        }

        _shared[key] = policy;
        return policy;
    }
}
