using System.Text.Json.Nodes;
using System.Threading.Channels;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Status;

/// <summary>
/// Writes the addresses of the gateway into the status of the Ingresses that it serves: only while it leads, only where they
/// differ, by server-side apply with a field manager of its own. A new Ingress gets them at once; what others overwrite is put right
/// at the next interval, so that two writers do not chase each other. The control loop tells what is served; the writing is a task
/// on the thread pool.
/// </summary>
public sealed class StatusWriter
{
    private const string FieldManager = "portico";
    private const int WritesAtOnce = 10;

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ApiClient _client;
    private readonly StatusOptions _options;
    private readonly Func<bool> _leads;
    private readonly Action<string> _warn;
    private readonly StatusAddresses _addresses;
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectKey, IReadOnlyList<LoadBalancerAddress>> _served = [];
    private readonly HashSet<ObjectKey> _fresh = [];
    private bool _lookAgain = true;
    private IReadOnlyList<LoadBalancerAddress>? _known;
    private string _lastWarning = "";

    /// <param name="leads">Whether this process may write.</param>
    /// <param name="warn">Takes a line for the log.</param>
    public StatusWriter(ApiClient client, StatusOptions options, Func<bool> leads, Action<string> warn)
    {
        (_client, _options, _leads, _warn) = (client, options, leads, warn);
        _addresses = new StatusAddresses(client, options);
    }

    /// <summary>An Ingress is served, and this is what its status says.</summary>
    public void Serve(ObjectKey ingress, IReadOnlyList<LoadBalancerAddress> present)
    {
        lock (_gate)
        {
            if (!_served.ContainsKey(ingress))
            {
                _fresh.Add(ingress);
            }

            _served[ingress] = present;
        }

        _wake.Writer.TryWrite(true);
    }

    public void Forget(ObjectKey ingress)
    {
        lock (_gate)
        {
            _served.Remove(ingress);
            _fresh.Remove(ingress);
        }
    }

    /// <summary>The addresses may be others now: the published Service has changed, or this process leads from now on.</summary>
    public void LookAgain()
    {
        lock (_gate)
        {
            _lookAgain = true;
        }

        _wake.Writer.TryWrite(true);
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        if (!_options.KnowsAddresses)
        {
            _warn("nothing says under which addresses this gateway is reached, so no status is written: give --publish-service or --publish-status-address, or set POD_NAME and POD_NAMESPACE");
            return;
        }

        using var timer = new PeriodicTimer(_options.Interval);
        var tick = timer.WaitForNextTickAsync(cancellation).AsTask();
        while (!cancellation.IsCancellationRequested)
        {
            var wake = _wake.Reader.WaitToReadAsync(cancellation).AsTask();
            await Task.WhenAny(tick, wake).ConfigureAwait(false);
            if (cancellation.IsCancellationRequested)
            {
                return;
            }

            _wake.Reader.TryRead(out _);
            var whole = tick.IsCompleted;
            tick = whole ? timer.WaitForNextTickAsync(cancellation).AsTask() : tick;
            await TryAsync(() => RoundAsync(whole, cancellation)).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// At the end: the addresses are taken out of every Ingress, unless more than one is known or another of our pods is there; the
    /// rule of ingress-nginx, which does not ask who leads.
    /// </summary>
    public Task ClearAsync(CancellationToken cancellation) => TryAsync(async () =>
    {
        if (!_options.KnowsAddresses)
        {
            return;
        }

        var addresses = _known ?? await _addresses.FindAsync(cancellation).ConfigureAwait(false);
        if (addresses.Count > 1 || await _addresses.HasOtherPodsAsync(cancellation).ConfigureAwait(false))
        {
            return;
        }

        await WriteAsync(Differing([], only: null), [], cancellation).ConfigureAwait(false);
    });

    private async Task RoundAsync(bool whole, CancellationToken cancellation)
    {
        if (!_leads())
        {
            return;
        }

        HashSet<ObjectKey> fresh;
        lock (_gate)
        {
            whole |= _lookAgain || _known is null;
            _lookAgain = false;
            fresh = [.. _fresh];
            _fresh.Clear();
        }

        try
        {
            _known = whole ? await _addresses.FindAsync(cancellation).ConfigureAwait(false) : _known!;
            await WriteAsync(Differing(_known, whole ? null : fresh), _known, cancellation).ConfigureAwait(false);
            _lastWarning = "";
        }
        catch
        {
            lock (_gate)
            {
                _fresh.UnionWith(fresh.Where(_served.ContainsKey));
            }

            throw;
        }
    }

    private List<ObjectKey> Differing(IReadOnlyList<LoadBalancerAddress> wanted, HashSet<ObjectKey>? only)
    {
        lock (_gate)
        {
            return [.. _served.Where(s => (only is null || only.Contains(s.Key)) && !LoadBalancerAddress.Sorted(s.Value).SequenceEqual(wanted)).Select(s => s.Key)];
        }
    }

    private async Task WriteAsync(List<ObjectKey> ingresses, IReadOnlyList<LoadBalancerAddress> addresses, CancellationToken cancellation)
    {
        using var slots = new SemaphoreSlim(WritesAtOnce);
        var writes = ingresses.Select(async ingress =>
        {
            await slots.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                await WriteAsync(ingress, addresses, cancellation).ConfigureAwait(false);
            }
            finally
            {
                slots.Release();
            }
        });
        await Task.WhenAll([.. writes]).ConfigureAwait(false);
    }

    private async Task WriteAsync(ObjectKey ingress, IReadOnlyList<LoadBalancerAddress> addresses, CancellationToken cancellation)
    {
        var path = $"{ResourceType.Ingresses.Object(ingress.Namespace, ingress.Name, "status")}?fieldManager={FieldManager}&force=true";
        try
        {
            await _client.PatchAsync(path, ApiJson.Write(Configuration(ingress, addresses)), ApiClient.ApplyPatch, cancellation).ConfigureAwait(false);
        }
        catch (ApiException gone) when (gone.Status.Code == 404)
        {
            // Deleted meanwhile; the watch will say so.
            return;
        }

        lock (_gate)
        {
            if (_served.ContainsKey(ingress))
            {
                _served[ingress] = addresses;
            }
        }
    }

    /// <summary>An empty list, rather than none, also takes out what others have written: the list has one owner as a whole.</summary>
    private static JsonObject Configuration(ObjectKey ingress, IReadOnlyList<LoadBalancerAddress> addresses)
    {
        var list = new JsonArray();
        foreach (var address in addresses)
        {
            list.Add((JsonNode)(address.Ip.Length > 0 ? new JsonObject { ["ip"] = address.Ip } : new JsonObject { ["hostname"] = address.HostName }));
        }

        return new JsonObject
        {
            ["apiVersion"] = "networking.k8s.io/v1",
            ["kind"] = "Ingress",
            ["metadata"] = new JsonObject { ["name"] = ingress.Name, ["namespace"] = ingress.Namespace },
            ["status"] = new JsonObject { ["loadBalancer"] = new JsonObject { ["ingress"] = list } },
        };
    }

    private async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The gateway ends.
        }
        catch (Exception error) when (error is ApiException or IOException)
        {
            var advice = error is ApiException { Status.Code: 403 } ? "; grant the verb patch on ingresses/status.networking.k8s.io, and get on what --publish-service or nodes need" : "";
            var warning = $"the status of Ingresses could not be written: {error.Message}{advice}; it is tried again";
            if (warning != _lastWarning)
            {
                _lastWarning = warning;
                _warn(warning);
            }
        }
    }
}
