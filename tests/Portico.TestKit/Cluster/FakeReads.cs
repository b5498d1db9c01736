using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Portico.TestKit.Cluster;

/// <summary>Lists and watches, as the API documentation describes them.</summary>
internal sealed class FakeReads(FakeStore store, FakeApiServerOptions options)
{
    public async Task ListAsync(FakeReply reply, FakeResource resource, string ns, IReadOnlyDictionary<string, string> query)
    {
        var selector = SelectorOf(query);
        var limit = Number(query, "limit");
        long version;
        FakeObject[] objects;
        if (query.GetValueOrDefault("continue") is { Length: > 0 } token)
        {
            if (query.GetValueOrDefault("resourceVersion") is { Length: > 0 })
            {
                throw new FakeStatusException(400, "BadRequest", "specifying resource version is not allowed when using continue");
            }

            (version, objects) = store.TakeRest(token);
        }
        else
        {
            (version, objects) = store.List(resource, ns, selector);
            if (Number(query, "resourceVersion") is var asked && asked > version)
            {
                throw TooLarge(asked, version);
            }
        }

        var (more, left) = ("", 0);
        if (limit > 0 && objects.Length > limit)
        {
            more = store.KeepRest(version, objects[(int)limit..]);
            left = objects.Length - (int)limit;
            objects = objects[..(int)limit];
        }

        // With a selector the real one does not know how many are left, and says nothing.
        await reply.ObjectsAsync(resource, version, more, objects, selector.SelectsAll ? left : 0);
    }

    /// <summary>
    /// From a version on: what changed since. Without one, or from "0": first everything there is, as additions. Objects that come
    /// into the selection are added, those that leave it deleted. Ends after <c>timeoutSeconds</c>.
    /// </summary>
    public async Task WatchAsync(FakeReply reply, FakeResource resource, string ns, IReadOnlyDictionary<string, string> query)
    {
        var selector = SelectorOf(query);
        var position = Number(query, "resourceVersion");
        var seconds = Number(query, "timeoutSeconds") is > 0 and var asked ? asked : 1800;
        var bookmarks = query.GetValueOrDefault("allowWatchBookmarks") is "true" or "1";
        if (position > store.Version)
        {
            await Task.Delay(options.TooLargeWait, reply.Gone);
            throw TooLarge(position, store.Version);
        }

        if (position > 0 && options.ExpiredWatchesByStatus)
        {
            store.Since(resource, position);
        }

        await reply.BeginStreamAsync();
        if (position == 0)
        {
            var (version, objects) = store.List(resource, ns, selector);
            foreach (var found in objects)
            {
                await reply.WriteAsync(Event("ADDED", found.Utf8));
            }

            position = version;
        }

        try
        {
            await FollowAsync(reply, resource, ns, selector, position, TimeSpan.FromSeconds(seconds), bookmarks);
        }
        catch (FakeStatusException gone)
        {
            await reply.WriteAsync(Event("ERROR", Encoding.UTF8.GetBytes(FakeReply.StatusObject(gone).ToJsonString())));
        }
    }

    private async Task FollowAsync(
        FakeReply reply, FakeResource resource, string ns, FakeSelector selector, long position, TimeSpan limit, bool bookmarks)
    {
        var began = Stopwatch.GetTimestamp();
        var lastBookmark = began;
        while (Stopwatch.GetElapsedTime(began) is var elapsed && elapsed < limit)
        {
            var next = store.NextChange;
            var (upTo, changes) = store.Since(resource, position);
            foreach (var change in changes)
            {
                if (EventOf(change, ns, selector) is { } line)
                {
                    await reply.WriteAsync(line);
                }
            }

            position = upTo;
            if (bookmarks && Stopwatch.GetElapsedTime(lastBookmark) >= options.BookmarkInterval)
            {
                await reply.WriteAsync(Bookmark(resource, position));
                lastBookmark = Stopwatch.GetTimestamp();
            }

            var pause = limit - elapsed < options.BookmarkInterval ? limit - elapsed : options.BookmarkInterval;
            await Task.WhenAny(next, Task.Delay(pause, reply.Gone));
            reply.Gone.ThrowIfCancellationRequested();
        }

        if (bookmarks)
        {
            await reply.WriteAsync(Bookmark(resource, position));
        }
    }

    private static byte[]? EventOf(FakeStore.Change change, string ns, FakeSelector selector)
    {
        var about = change.After ?? change.Before!;
        if (ns.Length > 0 && about.Namespace != ns)
        {
            return null;
        }

        var (was, matches) = (selector.Matches(change.Before), selector.Matches(change.After));
        return (was, matches) switch
        {
            (false, true) => Event("ADDED", change.After!.Utf8),
            (true, true) => Event("MODIFIED", change.After!.Utf8),
            (true, false) => Event("DELETED", about.Utf8),
            _ => null,
        };
    }

    private static byte[] Event(string type, byte[] body) => [.. Encoding.UTF8.GetBytes($"{{\"type\":\"{type}\",\"object\":"), .. body, (byte)'}', (byte)'\n'];

    private static byte[] Bookmark(FakeResource resource, long version) => Event("BOOKMARK", Encoding.UTF8.GetBytes(
        $"{{\"kind\":\"{resource.Kind}\",\"apiVersion\":\"{resource.ApiVersion}\",\"metadata\":{{\"resourceVersion\":\"{Text(version)}\",\"creationTimestamp\":null}}}}"));

    private static FakeSelector SelectorOf(IReadOnlyDictionary<string, string> query) =>
        FakeSelector.Parse(query.GetValueOrDefault("labelSelector") ?? "", query.GetValueOrDefault("fieldSelector") ?? "");

    private static long Number(IReadOnlyDictionary<string, string> query, string name) =>
        query.GetValueOrDefault(name) is not { Length: > 0 } text ? 0
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new FakeStatusException(400, "BadRequest", $"Invalid value: \"{text}\": {name}");

    private static FakeStatusException TooLarge(long asked, long version) =>
        new(504, "Timeout", $"Too large resource version: {Text(asked)}, current: {Text(version)}") { RetryAfter = 1 };

    private static string Text(long version) => version.ToString(CultureInfo.InvariantCulture);
}
