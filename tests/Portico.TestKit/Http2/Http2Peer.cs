using System.Buffers.Binary;
using Portico.TestKit.Wire;

namespace Portico.TestKit.Http2;

/// <summary>
/// One end of an HTTP/2 connection, frame by frame. Reading acknowledges SETTINGS and PING, opens windows unless told otherwise, and
/// gathers what comes by stream.
/// </summary>
public abstract class Http2Peer
{
    private readonly HpackDecoder _decoder = new();
    private readonly Dictionary<int, Http2Message> _messages = [];

    /// <summary>Whether reading gives the windows back.</summary>
    public bool OpensWindows { get; set; } = true;

    public bool AcknowledgesPings { get; set; } = true;

    /// <summary>The other side's settings by number.</summary>
    public Dictionary<int, uint> Settings { get; } = [];

    /// <summary>Everything that was read, in order.</summary>
    public List<Http2Frame> Frames { get; } = [];

    /// <summary>What was read so far, for a task that sends while another one reads.</summary>
    public IReadOnlyList<Http2Frame> Snapshot()
    {
        lock (Frames)
        {
            return [.. Frames];
        }
    }

    public abstract Task SendAsync(Http2Bytes bytes);

    /// <summary>Sends as far as the other side takes it.</summary>
    public abstract Task<bool> TrySendAsync(Http2Bytes bytes);

    /// <summary>What the other side lets through of a stream, by its settings and window updates so far.</summary>
    public long Window(int stream)
    {
        const int initial = 65535;
        var first = stream > 0 && Settings.TryGetValue(4, out var announced) ? announced : initial;
        return first + Snapshot().Where(f => f.Type == FrameType.WindowUpdate && f.Stream == stream).Sum(f => (long)f.Increment);
    }

    /// <summary>Reads until this frame came.</summary>
    public async Task<Http2Frame> ReadUntilAsync(Func<Http2Frame, bool> condition, TimeSpan? within = null)
    {
        while (await ReadFrameAsync(within) is { } frame)
        {
            if (condition(frame))
            {
                return frame;
            }
        }
        throw new ProtocolException($"the connection ended; frames: {string.Join("; ", Frames)}");
    }

    /// <summary>Reads to the end of the connection.</summary>
    public async Task ReadToEndAsync()
    {
        while (await ReadFrameAsync() is not null)
        {
        }
    }

    /// <summary>The next frame; null at the end of the connection.</summary>
    public async Task<Http2Frame?> ReadFrameAsync(TimeSpan? within = null)
    {
        byte[] header;
        byte[] payload;
        try
        {
            header = await ReadBytesAsync(Http2Frame.HeaderLength).WaitAsync(within ?? Limits.Step);
            payload = await ReadBytesAsync(BinaryPrimitives.ReadInt32BigEndian(header) >>> 8);
        }
        catch (Exception e) when (e is ProtocolException or IOException)
        {
            return null;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            throw new TimeoutException($"no further frame; frames: {string.Join("; ", Frames)}", e);
        }

        var frame = new Http2Frame(header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)) & int.MaxValue, payload);
        lock (Frames)
        {
            Frames.Add(frame);
        }
        await TakeAsync(frame);
        return frame;
    }

    protected abstract Task<byte[]> ReadBytesAsync(int count);

    /// <summary>What came on the stream; begun when nothing did.</summary>
    protected Http2Message Message(int stream)
    {
        if (!_messages.TryGetValue(stream, out var message))
        {
            _messages.Add(stream, message = Begin(stream));
        }
        return message;
    }

    /// <summary>Everything that is not over is over now: the connection has ended.</summary>
    protected void EndMessages()
    {
        foreach (var message in _messages.Values)
        {
            message.End();
        }
    }

    protected virtual Http2Message Begin(int stream) => new(stream);

    private async Task TakeAsync(Http2Frame frame)
    {
        switch (frame.Type)
        {
            case FrameType.Settings when !frame.IsAcknowledgement:
                for (var at = 0; at < frame.Payload.Length; at += 6)
                {
                    Settings[BinaryPrimitives.ReadUInt16BigEndian(frame.Payload.AsSpan(at))] = BinaryPrimitives.ReadUInt32BigEndian(frame.Payload.AsSpan(at + 2));
                }
                await TrySendAsync(new Http2Bytes().Frame(FrameType.Settings, FrameFlag.Ack, 0, default));
                break;
            case FrameType.Ping when !frame.IsAcknowledgement && AcknowledgesPings:
                await TrySendAsync(new Http2Bytes().Frame(FrameType.Ping, FrameFlag.Ack, 0, frame.Payload));
                break;
            case FrameType.Headers or FrameType.Continuation:
                Message(frame.Stream).Block.Write(frame.Payload);
                EndBlock(frame);
                break;
            case FrameType.Data:
                Message(frame.Stream).Append(frame.Payload);
                if (frame.EndsStream)
                {
                    Message(frame.Stream).End();
                }
                if (OpensWindows && frame.Payload.Length > 0)
                {
                    await TrySendAsync(new Http2Bytes().WindowUpdate(0, (uint)frame.Payload.Length).WindowUpdate(frame.Stream, (uint)frame.Payload.Length));
                }
                break;
            case FrameType.Reset:
                Message(frame.Stream).Reset ??= frame.Error;
                Message(frame.Stream).End();
                break;
        }
    }

    private void EndBlock(Http2Frame frame)
    {
        var message = Message(frame.Stream);
        message.EndsWithBlock |= frame.Type == FrameType.Headers && frame.EndsStream;
        if ((frame.Flags & FrameFlag.EndHeaders) == 0)
        {
            return;
        }
        var fields = _decoder.Decode(message.Block.ToArray());
        message.Block.SetLength(0);
        if (fields is [(":status", ['1', ..] interim), ..])
        {
            message.Interim.Add(interim);
        }
        else if (message.Fields is null)
        {
            message.Fields = fields;
        }
        else
        {
            message.Trailers = fields;
        }
        if (message.EndsWithBlock)
        {
            message.End();
        }
    }
}
