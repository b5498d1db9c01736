using System.Buffers.Binary;
using System.Net;
using System.Text;
using Portico.TestKit.Wire;

namespace Portico.TestKit.Http2;

/// <summary>What came back on a stream.</summary>
public sealed record Http2Response(IReadOnlyList<(string Name, string Value)> Fields, byte[] Body, IReadOnlyList<(string Name, string Value)> Trailers, IReadOnlyList<string> Interim, Http2Error? Reset)
{
    public int Status => int.Parse(this[":status"] ?? "0", System.Globalization.CultureInfo.InvariantCulture);

    public string Text => Encoding.Latin1.GetString(Body);

    public string? this[string name] => Fields.Where(f => f.Name == name).Select(f => f.Value).FirstOrDefault();
}

/// <summary>
/// A client of HTTP/2 that sends exactly the frames it is told to. Reading acknowledges SETTINGS and PING, opens windows unless told
/// otherwise, and gathers responses by stream. Owned by the test that opened it.
/// </summary>
public sealed class RawHttp2Client(RawClient wire) : IAsyncDisposable
{
    private readonly HpackDecoder _decoder = new();
    private readonly Dictionary<int, Gathered> _streams = [];

    /// <summary>Whether reading gives the windows back.</summary>
    public bool OpensWindows { get; set; } = true;

    public bool AcknowledgesPings { get; set; } = true;

    /// <summary>The server's settings by number.</summary>
    public Dictionary<int, uint> Settings { get; } = [];

    /// <summary>Everything that was read, in order.</summary>
    public List<Http2Frame> Frames { get; } = [];

    public RawClient Wire => wire;

    /// <summary>What was read so far, for a task that sends while another one reads.</summary>
    public IReadOnlyList<Http2Frame> Snapshot()
    {
        lock (Frames)
        {
            return [.. Frames];
        }
    }

    /// <summary>Connects by prior knowledge, sends preface and settings, and reads the server's.</summary>
    public static async Task<RawHttp2Client> ConnectAsync(IPEndPoint to, int receiveBuffer = 0, params (int Id, uint Value)[] settings)
    {
        var client = new RawHttp2Client(await RawClient.ConnectAsync(to, null, receiveBuffer));
        await client.OpenAsync(settings);
        return client;
    }

    public async Task OpenAsync(params (int Id, uint Value)[] settings)
    {
        await SendAsync(new Http2Bytes().Raw(Encoding.ASCII.GetBytes(Http2Bytes.Preface)).Settings(settings));
        await ReadUntilAsync(f => f is { Type: FrameType.Settings, IsAcknowledgement: true });
    }

    public Task SendAsync(Http2Bytes bytes) => wire.SendAsync(bytes.ToArray());

    public Task<bool> TrySendAsync(Http2Bytes bytes) => wire.TrySendAsync(bytes.ToArray());

    public async Task<Http2Response> GetAsync(int stream, string host, string path = "/", params (string Name, string Value)[] more)
    {
        await SendAsync(new Http2Bytes().Headers(
            stream, FrameFlag.EndHeaders | FrameFlag.EndStream, [.. Http2Bytes.Request("GET", path, host), .. more]));
        return await ReadResponseAsync(stream);
    }

    /// <summary>Reads until the stream is over.</summary>
    public async Task<Http2Response> ReadResponseAsync(int stream, TimeSpan? within = null)
    {
        while (!Stream(stream).IsOver)
        {
            if (await ReadFrameAsync(within) is null)
            {
                throw new ProtocolException($"the connection ended before stream {stream}; frames: {string.Join("; ", Frames)}");
            }
        }
        return Stream(stream).ToResponse();
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
            header = await wire.ReadBytesAsync(Http2Frame.HeaderLength).WaitAsync(within ?? Limits.Step);
            payload = await wire.ReadBytesAsync(BinaryPrimitives.ReadInt32BigEndian(header) >>> 8);
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

    public ValueTask DisposeAsync() => wire.DisposeAsync();

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
            case FrameType.Headers:
                Stream(frame.Stream).Block.Write(frame.Payload);
                EndBlock(frame);
                break;
            case FrameType.Continuation:
                Stream(frame.Stream).Block.Write(frame.Payload);
                EndBlock(frame);
                break;
            case FrameType.Data:
                Stream(frame.Stream).Body.Write(frame.Payload);
                Stream(frame.Stream).IsOver |= frame.EndsStream;
                if (OpensWindows && frame.Payload.Length > 0)
                {
                    await TrySendAsync(new Http2Bytes().WindowUpdate(0, (uint)frame.Payload.Length).WindowUpdate(frame.Stream, (uint)frame.Payload.Length));
                }
                break;
            case FrameType.Reset:
                Stream(frame.Stream).Reset ??= frame.Error;
                Stream(frame.Stream).IsOver = true;
                break;
        }
    }

    private void EndBlock(Http2Frame frame)
    {
        var stream = Stream(frame.Stream);
        stream.EndsWithBlock |= frame.Type == FrameType.Headers && frame.EndsStream;
        if ((frame.Flags & FrameFlag.EndHeaders) == 0)
        {
            return;
        }
        var fields = _decoder.Decode(stream.Block.ToArray());
        stream.Block.SetLength(0);
        if (fields is [(":status", ['1', ..] interim), ..])
        {
            stream.Interim.Add(interim);
        }
        else if (stream.Fields is null)
        {
            stream.Fields = fields;
        }
        else
        {
            stream.Trailers = fields;
        }
        stream.IsOver |= stream.EndsWithBlock;
    }

    private Gathered Stream(int stream)
    {
        if (!_streams.TryGetValue(stream, out var gathered))
        {
            _streams.Add(stream, gathered = new Gathered());
        }
        return gathered;
    }

    private sealed class Gathered
    {
        public MemoryStream Block { get; } = new();

        public MemoryStream Body { get; } = new();

        public List<string> Interim { get; } = [];

        public IReadOnlyList<(string, string)>? Fields { get; set; }

        public IReadOnlyList<(string, string)> Trailers { get; set; } = [];

        public Http2Error? Reset { get; set; }

        public bool EndsWithBlock { get; set; }

        public bool IsOver { get; set; }

        public Http2Response ToResponse() => new(Fields ?? [], Body.ToArray(), Trailers, Interim, Reset);
    }
}
