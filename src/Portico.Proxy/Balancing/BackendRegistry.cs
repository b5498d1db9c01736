using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Proxy.Routing;

namespace Portico.Proxy.Balancing;

/// <summary>
/// Every backend and endpoint that outlives a snapshot, by key. One for the process. The control loop and the DNS resolver change it
/// under a lock; shards never come here: they read the <see cref="BackendState"/> that their route holds.
/// </summary>
/// <param name="shards">The number of shards that will ask for balancers.</param>
public sealed class BackendRegistry(int shards)
{
    private readonly Lock _changes = new();
    private readonly Dictionary<BackendId, BackendState> _backends = [];
    private readonly Dictionary<string, Holding> _endpoints = [];

    /// <summary>The model of every backend: one that is in here by reference has not changed.</summary>
    private readonly HashSet<Backend> _models = new(ReferenceEqualityComparer.Instance);

    /// <summary>The backends with endpoints that cannot be used.</summary>
    private readonly HashSet<BackendState> _flawed = [];

    /// <summary>The backends whose canary has an expression that cannot be run.</summary>
    private readonly HashSet<BackendState> _brokenCanaries = [];

    /// <summary>The backends that no snapshot holds any more, or never held, and that were not looked at yet.</summary>
    private readonly HashSet<BackendState> _vanished = [];
    private ImmutableDictionary<BackendId, Backend>? _applied;

    public int Count
    {
        get
        {
            lock (_changes)
            {
                return _backends.Count;
            }
        }
    }

    public bool TryGet(BackendId id, [NotNullWhen(true)] out BackendState? state)
    {
        lock (_changes)
        {
            return _backends.TryGetValue(id, out state);
        }
    }

    /// <summary>The backend of that id, made from the model when it is new. One that exists is not changed.</summary>
    public BackendState GetOrAdd(Backend backend)
    {
        lock (_changes)
        {
            if (_backends.TryGetValue(backend.Id, out var state))
            {
                return state;
            }

            state = Put(backend);
            if (_applied?.ContainsKey(backend.Id) == false)
            {
                _vanished.Add(state);
            }

            return state;
        }
    }

    /// <summary>Takes over the endpoints and settings of a backend. Routes and requests see them from their next choice on.</summary>
    public BackendState Update(Backend backend)
    {
        lock (_changes)
        {
            return Put(backend);
        }
    }

    /// <summary>Takes over what a running DNS lookup found for a backend with a <see cref="Backend.Dns"/> name; none after a failure.</summary>
    public void UpdateResolved(BackendId id, DnsTarget name, ImmutableArray<Endpoint> endpoints)
    {
        lock (_changes)
        {
            // The name may have changed while the lookup ran.
            if (_backends.TryGetValue(id, out var state) && state.Model.Dns == name)
            {
                Replace(state, endpoints);
            }
        }
    }

    /// <summary>Updates every backend of a snapshot that is new or changed. Nothing is removed: requests may still be on their way.</summary>
    /// <param name="change">What differs from the snapshot before, where that is known.</param>
    internal void Apply(ImmutableDictionary<BackendId, Backend> backends, TableChange<BackendId, Backend>? change = null)
    {
        lock (_changes)
        {
            if (ReferenceEquals(backends, _applied))
            {
                return;
            }

            var known = change is not null && change.IsAllSince(_applied);
            var updated = new List<BackendState>();
            foreach (var id in known ? change!.Keys : backends.Keys.Concat(_backends.Keys.ToList()))
            {
                Apply(id, backends.GetValueOrDefault(id), updated);
            }

            // Once all are there: a canary's backend may have come with this snapshot.
            foreach (var state in updated)
            {
                state.Canary = state.Model.Canary is { } canary && _backends.TryGetValue(canary.Alternative, out var alternative)
                    ? new CanaryShare(canary, alternative)
                    : null;
                _ = state.Canary?.Problem is null ? _brokenCanaries.Remove(state) : _brokenCanaries.Add(state);
            }

            _applied = backends;
        }
    }

    /// <summary>The backends that snapshots have ceased to hold since this was asked last.</summary>
    internal List<BackendState> TakeVanished()
    {
        lock (_changes)
        {
            List<BackendState> vanished = [.. _vanished];
            _vanished.Clear();
            return vanished;
        }
    }

    /// <summary>A route still names this one, which no snapshot holds: it is looked at again.</summary>
    internal void KeepVanished(BackendState state)
    {
        lock (_changes)
        {
            _vanished.Add(state);
        }
    }

    /// <summary>The endpoints that were left out, told for people.</summary>
    internal ImmutableArray<RoutingProblem> FindUnusable()
    {
        lock (_changes)
        {
            return
            [
                .. from state in _flawed
                   from endpoint in state.Unusable
                   select new RoutingProblem(
                       "", null, RoutingProblem.BadEndpoint, $"backend {state.Name}: '{endpoint.Address}:{endpoint.Port}' is no address and port; the endpoint is left out"),
            ];
        }
    }

    /// <summary>Expressions of canaries that cannot be run, told for people.</summary>
    internal ImmutableArray<RoutingProblem> FindBrokenCanaries()
    {
        lock (_changes)
        {
            return
            [
                .. from state in _brokenCanaries
                   let problem = state.Canary?.Problem
                   where problem is not null
                   orderby state.Name
                   select new RoutingProblem("", null, RoutingProblem.BadRegex, problem),
            ];
        }
    }

    /// <summary>
    /// Forgets a backend that no route of the new table leads to. Requests that run on an older table go on using its endpoints,
    /// but their connections are not kept.
    /// </summary>
    internal void Remove(BackendState state)
    {
        lock (_changes)
        {
            if (_backends.Remove(state.Id))
            {
                _models.Remove(state.Model);
                _flawed.Remove(state);
                _brokenCanaries.Remove(state);
                Release(state.Current.Endpoints);
            }
        }
    }

    private void Apply(BackendId id, Backend? backend, List<BackendState> updated)
    {
        if (backend is null)
        {
            if (_backends.TryGetValue(id, out var gone))
            {
                _vanished.Add(gone);
            }

            return;
        }

        if (!_models.Contains(backend))
        {
            updated.Add(Put(backend));
        }

        _vanished.Remove(_backends[id]);
    }

    private BackendState Put(Backend backend)
    {
        if (!_backends.TryGetValue(backend.Id, out var state))
        {
            state = new BackendState(backend, shards);
            _backends.Add(backend.Id, state);
        }

        var sameName = backend.Dns is not null && backend.Dns == state.Model.Dns;
        _models.Remove(state.Model);
        _models.Add(backend);
        state.Take(backend);
        if (sameName)
        {
            Adopt(state, state.Current.Endpoints);
        }
        else
        {
            Replace(state, backend.Dns is null ? backend.Endpoints : []);
        }

        return state;
    }

    /// <summary>Takes the new endpoints before it lets go of the old ones, so that those in both keep their state and connections.</summary>
    private void Replace(BackendState state, ImmutableArray<Endpoint> endpoints)
    {
        var held = new List<EndpointState>(endpoints.Length);
        var fresh = new List<EndpointState>();
        var unusable = ImmutableArray.CreateBuilder<Endpoint>();
        var seen = new HashSet<string>();
        foreach (var endpoint in endpoints)
        {
            var text = EndpointState.TextOf(endpoint);
            if (text is null)
            {
                unusable.Add(endpoint);
            }
            else if (seen.Add(text))
            {
                held.Add(Acquire(text, endpoint, fresh));
            }
        }

        StartWithAverage(fresh, held);
        var old = state.Current.Endpoints;
        state.Unusable = unusable.ToImmutable();
        _ = state.Unusable.IsEmpty ? _flawed.Remove(state) : _flawed.Add(state);
        Adopt(state, [.. held]);
        Release(old);
    }

    /// <summary>Publishes the set, unless it is the one in force: a round robin goes on where it is.</summary>
    private static void Adopt(BackendState state, EndpointState[] endpoints)
    {
        var choice = ChoiceOf(state.Model);
        if (!state.Current.Holds(endpoints, choice))
        {
            state.Current = new EndpointSet(endpoints, choice);
        }
    }

    private static EndpointChoice ChoiceOf(Backend backend) => backend switch
    {
        { Affinity.Mode: AffinityMode.Persistent } => new EndpointChoice(BalancerKind.Sticky, SessionsOf: backend.Name),
        { Affinity: not null } => new EndpointChoice(BalancerKind.Sticky),
        { LoadBalancing: LoadBalancing.EwmaChoice } => new EndpointChoice(BalancerKind.Ewma),
        { LoadBalancing: LoadBalancing.ConsistentHashChoice hash } => new EndpointChoice(BalancerKind.ConsistentHash, hash.SubsetSize),
        _ => new EndpointChoice(BalancerKind.RoundRobin),
    };

    private EndpointState Acquire(string text, Endpoint endpoint, List<EndpointState> fresh)
    {
        if (_endpoints.TryGetValue(text, out var holding))
        {
            holding.Count++;
            return holding.Endpoint;
        }

        var state = EndpointState.Create(text, endpoint);
        _endpoints.Add(text, new Holding(state));
        fresh.Add(state);
        return state;
    }

    private void Release(EndpointState[] endpoints)
    {
        foreach (var endpoint in endpoints)
        {
            var holding = _endpoints[endpoint.Text];
            if (--holding.Count == 0)
            {
                _endpoints.Remove(endpoint.Text);
                endpoint.MarkRemoved();
            }
        }
    }

    /// <summary>A new endpoint starts with the average score of the others, so that it is not flooded.</summary>
    private static void StartWithAverage(List<EndpointState> fresh, List<EndpointState> all)
    {
        var known = all.Where(endpoint => endpoint.HasEwmaScore).ToList();
        if (known.Count == 0)
        {
            return;
        }

        var average = known.Average(endpoint => endpoint.StoredEwmaScore);
        foreach (var endpoint in fresh)
        {
            endpoint.StartWithScore(average, Environment.TickCount64);
        }
    }

    /// <summary>How many backends hold an endpoint.</summary>
    private sealed class Holding(EndpointState endpoint)
    {
        public EndpointState Endpoint { get; } = endpoint;

        public int Count { get; set; } = 1;
    }
}
