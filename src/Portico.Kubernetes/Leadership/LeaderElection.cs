using System.Globalization;
using System.Text.Json.Nodes;
using Portico.Kubernetes.Api;

namespace Portico.Kubernetes.Leadership;

/// <summary>
/// Decides by a Lease which of several gateways writes into the cluster. Clocks of other machines do not count: a Lease has run out
/// when <em>we</em> have seen no renewal of it for its duration. The leader ends by its own clock, before another may begin.
/// One task on the thread pool; <see cref="IsLeader"/> is read from anywhere.
/// </summary>
public sealed class LeaderElection
{
    private const string Time = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    private readonly ApiClient _client;
    private readonly LeaderElectionOptions _options;
    private readonly TimeProvider _clock;
    private readonly Action<string> _log;
    private readonly Action<bool> _changed;
    private readonly string _path;
    private string _observed = "";
    private long _observedAt;
    private long _lookedAt;
    private long _renewedAt;
    private volatile bool _holds;
    private bool _told;
    private string _lastProblem = "";

    /// <param name="changed">Told when this process begins to lead, and when it ends.</param>
    /// <param name="log">Takes a line for the log.</param>
    public LeaderElection(ApiClient client, LeaderElectionOptions options, Action<bool> changed, Action<string> log, TimeProvider? clock = null)
    {
        (_client, _options, _changed, _log, _clock) = (client, options, changed, log, clock ?? TimeProvider.System);
        _path = ResourceType.Leases.Object(options.Namespace, options.Name);
    }

    public bool IsLeader => _holds && _clock.GetElapsedTime(Interlocked.Read(ref _renewedAt)) < _options.RenewDeadline;

    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            var pause = _options.LookInterval;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(_options.RenewDeadline);
            try
            {
                pause = await TurnAsync(limit.Token).ConfigureAwait(false);
                _lastProblem = "";
            }
            catch (OperationCanceledException)
            {
                if (cancellation.IsCancellationRequested)
                {
                    break;
                }

                Report(new IOException($"no answer within {_options.RenewDeadline.TotalSeconds} s"));
            }
            catch (Exception error) when (error is ApiException or IOException)
            {
                Report(error);
            }

            Tell();
            await Task.Delay(pause, _clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Gives the Lease back, so that the next one need not wait.</summary>
    public async Task ReleaseAsync(CancellationToken cancellation)
    {
        if (!_holds)
        {
            return;
        }

        _holds = false;
        Tell();
        try
        {
            var lease = ApiJson.Parse(await _client.GetAsync(_path, cancellation).ConfigureAwait(false));
            if (lease["spec"] is JsonObject spec && ApiJson.Text(spec["holderIdentity"]) == _options.Identity)
            {
                spec["holderIdentity"] = "";
                spec["leaseDurationSeconds"] = 1;
                spec["renewTime"] = Now();
                await _client.UpdateAsync(_path, ApiJson.Write(lease), cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is ApiException or IOException or OperationCanceledException)
        {
            _log($"the Lease {_options.Namespace}/{_options.Name} could not be given back: {error.Message}; the next leader waits until it runs out");
        }
    }

    /// <summary>One look at the Lease, and taking or renewing it if that is ours to do. Gives the time until the next look.</summary>
    private async Task<TimeSpan> TurnAsync(CancellationToken cancellation)
    {
        var asked = _clock.GetTimestamp();
        JsonObject lease;
        try
        {
            lease = ApiJson.Parse(await _client.GetAsync(_path, cancellation).ConfigureAwait(false));
        }
        catch (ApiException missing) when (missing.Status.Code == 404)
        {
            return await TakeAsync(asked, lease: null, cancellation).ConfigureAwait(false);
        }

        var spec = lease["spec"] as JsonObject ?? [];
        lease["spec"] ??= spec;
        var holder = ApiJson.Text(spec["holderIdentity"]);
        var observed = $"{holder} {ApiJson.Text(spec["renewTime"])} {ApiJson.Text(lease["metadata"]?["resourceVersion"])}";
        if (observed != _observed)
        {
            (_observed, _observedAt) = (observed, asked - UnseenTicks(asked));
        }

        _lookedAt = asked;

        if (holder.Length > 0 && holder != _options.Identity && Remaining(spec) is var remaining && remaining > TimeSpan.Zero)
        {
            _holds = false;
            return remaining < _options.LookInterval ? remaining : _options.LookInterval;
        }

        return await TakeAsync(asked, lease, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// The renewal may be as old as the look before: counted from there, the next one begins within the ttl of a crash. At most two
    /// intervals, which the leader's own end, at half of the ttl, leaves more than enough room for.
    /// </summary>
    private long UnseenTicks(long asked)
    {
        var most = (long)(2 * _options.LookInterval.TotalSeconds * _clock.TimestampFrequency);
        return _lookedAt == 0 ? 0 : Math.Min(asked - _lookedAt, most);
    }

    private TimeSpan Remaining(JsonObject spec)
    {
        var seconds = spec["leaseDurationSeconds"] is JsonValue value && value.TryGetValue<int>(out var written) ? written : 0;
        return TimeSpan.FromSeconds(seconds) - _clock.GetElapsedTime(_observedAt);
    }

    /// <summary>The version of the Lease guards the writing: of two who take it at once one gets a conflict, and looks again.</summary>
    private async Task<TimeSpan> TakeAsync(long asked, JsonObject? lease, CancellationToken cancellation)
    {
        try
        {
            if (lease is null)
            {
                await _client.CreateAsync(ResourceType.Leases.Collection(_options.Namespace), ApiJson.Write(Fresh()), cancellation).ConfigureAwait(false);
            }
            else
            {
                Claim((JsonObject)lease["spec"]!);
                await _client.UpdateAsync(_path, ApiJson.Write(lease), cancellation).ConfigureAwait(false);
            }
        }
        catch (ApiException conflict) when (conflict.Status.Code == 409)
        {
            return _options.LookInterval;
        }

        // Counted from before the request: the answer may have been long on its way.
        Interlocked.Exchange(ref _renewedAt, asked);
        _holds = true;
        return _options.RenewInterval;
    }

    private void Claim(JsonObject spec)
    {
        if (ApiJson.Text(spec["holderIdentity"]) != _options.Identity)
        {
            var transitions = spec["leaseTransitions"] is JsonValue value && value.TryGetValue<int>(out var count) ? count : 0;
            spec["leaseTransitions"] = transitions + 1;
            spec["acquireTime"] = Now();
        }

        spec["holderIdentity"] = _options.Identity;
        spec["leaseDurationSeconds"] = DurationSeconds;
        spec["renewTime"] = Now();
    }

    private JsonObject Fresh() => new()
    {
        ["apiVersion"] = "coordination.k8s.io/v1",
        ["kind"] = "Lease",
        ["metadata"] = new JsonObject { ["name"] = _options.Name, ["namespace"] = _options.Namespace },
        ["spec"] = new JsonObject
        {
            ["holderIdentity"] = _options.Identity,
            ["leaseDurationSeconds"] = DurationSeconds,
            ["acquireTime"] = Now(),
            ["renewTime"] = Now(),
            ["leaseTransitions"] = 0,
        },
    };

    private int DurationSeconds => Math.Max(1, (int)Math.Ceiling(_options.Ttl.TotalSeconds));

    private string Now() => _clock.GetUtcNow().UtcDateTime.ToString(Time, CultureInfo.InvariantCulture);

    private void Report(Exception error)
    {
        var advice = error is ApiException { Status.Code: 403 } ? "; grant the verbs get, create and update on leases.coordination.k8s.io" : "";
        var problem = $"the Lease {_options.Namespace}/{_options.Name} could not be looked at: {error.Message}{advice}";
        if (problem != _lastProblem)
        {
            _lastProblem = problem;
            _log(problem);
        }
    }

    private void Tell()
    {
        var leads = IsLeader;
        if (leads != _told)
        {
            _told = leads;
            _changed(leads);
        }
    }
}
