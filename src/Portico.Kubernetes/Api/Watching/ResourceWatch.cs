namespace Portico.Kubernetes.Api.Watching;

/// <summary>
/// Follows one collection: 1. list everything in pages; 2. watch from the list's version on; 3. when a watch ends, watch again from
/// the last version heard; 4. when that version is gone (410), list again, which the sink takes as a difference.
/// A failure waits, longer each time, and loses nothing. Runs on the thread pool, one step after the other, until it is cancelled.
/// </summary>
internal sealed class ResourceWatch(ApiClient client, WatchScope scope, IWatchSink sink, WatchTimes times, SemaphoreSlim? listing = null)
{
    /// <summary>After so many watches in a row that began and broke without an event, the list is read again: something is wrong with the version.</summary>
    private const int BrokenWatchesBeforeRelist = 5;

    /// <summary>Expired pages are asked for again from the start; after this many times without pages.</summary>
    private const int ExpiredListsBeforeWhole = 2;

    private readonly BackOff _backOff = new(times.FirstPause, times.LongestPause);
    private string _version = "";
    private int _brokenWatches;
    private bool _watching;

    public WatchScope Scope => scope;

    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                if (_version.Length == 0)
                {
                    await ListInTurnAsync(cancellation).ConfigureAwait(false);
                    _backOff.Succeeded();
                    sink.Succeeded(this);
                }

                await WatchAsync(cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever the server or the way to it does, the watch goes on; a defect of ours is told with the same line.
            catch (Exception error)
#pragma warning restore CA1031
            {
                await RecoverAsync(error, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task RecoverAsync(Exception error, CancellationToken cancellation)
    {
        var status = (error as ApiException)?.Status;
        _brokenWatches += _watching ? 1 : 0;
        _watching = false;
        if (status is { IsExpired: true } || _brokenWatches >= BrokenWatchesBeforeRelist)
        {
            (_version, _brokenWatches) = ("", 0);
        }

        // An expired version is the normal way to begin anew.
        if (status is not { IsExpired: true })
        {
            sink.Failed(this, error);
        }

        await Task.Delay(_backOff.Next(status?.RetryAfter ?? TimeSpan.Zero), times.Clock, cancellation)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Thousands of watches of single objects do not list all at once.</summary>
    private async Task ListInTurnAsync(CancellationToken cancellation)
    {
        if (listing is null)
        {
            await ListAsync(cancellation).ConfigureAwait(false);
            return;
        }

        await listing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await ListAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            listing.Release();
        }
    }

    private async Task ListAsync(CancellationToken cancellation)
    {
        sink.BeginList(this);
        var (next, expired) = ("", 0);
        while (true)
        {
            ObjectList page;
            try
            {
                page = await ReadPageAsync(scope.ListPath(next, whole: expired >= ExpiredListsBeforeWhole), cancellation).ConfigureAwait(false);
            }
            catch (ApiException error) when (error.Status.IsExpired && next.Length > 0)
            {
                // The rest that the server offers is from another moment: half of this list and half of that is no state that ever was.
                sink.BeginList(this);
                (next, expired) = ("", expired + 1);
                continue;
            }

            sink.TakePage(this, page);
            next = page.Metadata.Continue;
            if (next.Length == 0)
            {
                sink.EndList(this);
                _version = page.Metadata.ResourceVersion;
                return;
            }
        }
    }

    private async Task<ObjectList> ReadPageAsync(string path, CancellationToken cancellation)
    {
        using var response = await client.OpenAsync(HttpMethod.Get, path, default, "", cancellation).ConfigureAwait(false);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        using var body = new AnswerBody(stream, cancellation);
        return await ObjectList.ReadAsync(scope.Kind, body).ConfigureAwait(false);
    }

    /// <summary>
    /// Returns when the server has ended the watch, which it does after the time that was asked for. One that says nothing beyond
    /// that time, not even its end, is dead, whatever its connection looks like.
    /// </summary>
    private async Task WatchAsync(CancellationToken cancellation)
    {
        var seconds = times.WatchSeconds(client.SpeaksHttp2 && scope.FieldSelector.Length > 0);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(seconds) + times.EndOfWatch);
        var began = times.Clock.GetTimestamp();
        var heard = false;
        try
        {
            using var response = await client.OpenAsync(HttpMethod.Get, scope.WatchPath(_version, seconds), default, "", limit.Token).ConfigureAwait(false);
            await using var stream = await response.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
            sink.Succeeded(this);
            _watching = true;
            using var lines = new WatchLines(stream);
            while (await lines.NextAsync(limit.Token).ConfigureAwait(false) is { } line)
            {
                Take(WatchEvent.Read(scope.Kind, line.Span));
                heard = true;
                _brokenWatches = 0;
                _backOff.Succeeded();
            }

            _watching = false;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"a watch said nothing for {seconds} s, not even its end");
        }

        // A server that ends each watch at once must not be asked without pause.
        if (!heard && times.Clock.GetElapsedTime(began) < times.ShortWatch)
        {
            await Task.Delay(_backOff.Next(), times.Clock, cancellation).ConfigureAwait(false);
        }
        else
        {
            _backOff.Succeeded();
        }
    }

    private void Take(in WatchEvent heard)
    {
        if (heard.Type == WatchEventType.Error)
        {
            throw new ApiException(heard.Status!);
        }

        if (heard.Type != WatchEventType.Bookmark)
        {
            sink.Apply(this, heard);
        }

        _version = heard.Version.Length > 0 ? heard.Version : _version;
    }
}
