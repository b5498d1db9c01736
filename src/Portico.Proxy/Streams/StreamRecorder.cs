using Portico.Proxy.Forwarding;
using Portico.Proxy.Observing.AccessLog;
using Portico.Proxy.Requests;
using Portico.Proxy.Serving;

namespace Portico.Proxy.Streams;

/// <summary>Counts and logs sessions that have ended. Owned by a shard, used on its thread only.</summary>
internal sealed class StreamRecorder(ShardServices services, DataPlaneObservers observers)
{
    private readonly ShardAccessLog _shared = observers.AccessLog.Shard(services.Shard.Index);
    private readonly ShardAccessLog _own = observers.StreamLog.Shard(services.Shard.Index);
    private readonly ByteBuilder _line = new();

    public void Record(StreamSession session, Snapshot snapshot)
    {
        var counters = services.Counters;
        counters.StreamSessions++;
        counters.StreamSessionFailures += session.Status == StreamSession.Served ? 0 : 1;
        counters.StreamBytesRead += session.BytesFromClient;
        counters.StreamBytesWritten += session.BytesToClient;
        var settings = snapshot.Model.Settings;
        if (!settings.Streams.Log.Enabled)
        {
            return;
        }

        session.EndedMilliseconds = services.Shard.NowMilliseconds;
        session.EndedUtcTicks = services.UtcTicks;
        _line.Clear();
        snapshot.StreamLogFormat.Append(session, _line);
        // Two writers of one file would tear each other's lines.
        var log = settings.Streams.Log.Path == settings.AccessLog.Path ? _shared : _own;
        log.Write(_line.Written);
    }
}
