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

/// <summary>A client of HTTP/2 that sends exactly the frames it is told to. Owned by the test that opened it.</summary>
public sealed class RawHttp2Client(RawClient wire) : Http2Peer, IAsyncDisposable
{
    public RawClient Wire => wire;

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

    public override Task SendAsync(Http2Bytes bytes) => wire.SendAsync(bytes.ToArray());

    public override Task<bool> TrySendAsync(Http2Bytes bytes) => wire.TrySendAsync(bytes.ToArray());

    public async Task<Http2Response> GetAsync(int stream, string host, string path = "/", params (string Name, string Value)[] more)
    {
        await SendAsync(new Http2Bytes().Headers(
            stream, FrameFlag.EndHeaders | FrameFlag.EndStream, [.. Http2Bytes.Request("GET", path, host), .. more]));
        return await ReadResponseAsync(stream);
    }

    /// <summary>Sends a body to its end as fast as the windows allow, reading meanwhile; stops when the answer is whole.</summary>
    public async Task SendBodyAsync(int stream, byte[] body)
    {
        const int frame = 16 * 1024;
        for (var sent = 0; sent < body.Length;)
        {
            var room = Math.Min(Math.Min(Window(0), Window(stream)) - sent, Math.Min(frame, body.Length - sent));
            if (room > 0)
            {
                var ends = sent + room == body.Length;
                await TrySendAsync(new Http2Bytes().Frame(FrameType.Data, ends ? FrameFlag.EndStream : FrameFlag.None, stream, body.AsSpan(sent, (int)room)));
                sent += (int)room;
            }
            else if (Message(stream).IsOver || await ReadFrameAsync() is null)
            {
                return;
            }
        }
    }

    /// <summary>Reads until the stream is over.</summary>
    public async Task<Http2Response> ReadResponseAsync(int stream, TimeSpan? within = null)
    {
        while (!Message(stream).IsOver)
        {
            if (await ReadFrameAsync(within) is null)
            {
                throw new ProtocolException($"the connection ended before stream {stream}; frames: {string.Join("; ", Frames)}");
            }
        }
        return Message(stream).ToResponse();
    }

    public ValueTask DisposeAsync() => wire.DisposeAsync();

    protected override Task<byte[]> ReadBytesAsync(int count) => wire.ReadBytesAsync(count);
}
