using System.Globalization;
using System.Net.Sockets;

namespace Portico.TestKit.Wire;

/// <summary>
/// Reads HTTP/1.x messages exactly as RFC 9112 writes them and accepts nothing looser, so that a gateway which sends
/// something doubtful is found out. Used by the test client for responses and by the scripted backends for requests;
/// deliberately shares no code with the gateway.
/// </summary>
public sealed class MessageReader(Stream stream, Action<ReadOnlyMemory<byte>>? record = null)
{
    private const int LongestLine = 1024 * 1024;

    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <summary>How the stream ended, once it has.</summary>
    public StreamEnd End { get; private set; }

    /// <summary>Bytes that came but belong to nothing read yet.</summary>
    public ReadOnlyMemory<byte> Unread => _buffer.AsMemory(_start, _end - _start);

    /// <summary>Waits for at least one unread byte; false when the stream ends first.</summary>
    public async Task<bool> WaitForDataAsync(CancellationToken cancel) => _end > _start || await FillAsync(cancel);

    public async Task<MessageHead> ReadHeadAsync(CancellationToken cancel)
    {
        var startLine = await ReadLineAsync(cancel);
        return new MessageHead(startLine, await ReadFieldsAsync(cancel));
    }

    public async Task<IReadOnlyList<Header>> ReadFieldsAsync(CancellationToken cancel)
    {
        var fields = new List<Header>();
        for (var line = await ReadLineAsync(cancel); line.Length > 0; line = await ReadLineAsync(cancel))
        {
            fields.Add(ParseField(line));
        }
        return fields;
    }

    /// <summary>Reads a body of known framing piece by piece; returns the trailers.</summary>
    public async Task<IReadOnlyList<Header>> ReadBodyAsync(BodyFraming framing, long length, Func<ReadOnlyMemory<byte>, Task> sink, CancellationToken cancel)
    {
        switch (framing)
        {
            case BodyFraming.Length:
                await ReadExactlyAsync(length, sink, cancel);
                break;
            case BodyFraming.Chunked:
                for (var size = await ReadChunkSizeAsync(cancel); size > 0; size = await ReadChunkSizeAsync(cancel))
                {
                    await ReadExactlyAsync(size, sink, cancel);
                    if ((await ReadLineAsync(cancel)).Length > 0)
                    {
                        throw new ProtocolException("a chunk is longer than its size says");
                    }
                }
                return await ReadFieldsAsync(cancel);
            case BodyFraming.UntilClose:
                while (await WaitForDataAsync(cancel))
                {
                    await TakeAsync(_end - _start, sink);
                }
                break;
        }
        return [];
    }

    public async Task ReadExactlyAsync(long count, Func<ReadOnlyMemory<byte>, Task> sink, CancellationToken cancel)
    {
        while (count > 0)
        {
            if (!await WaitForDataAsync(cancel))
            {
                throw new EndOfStreamException($"the stream ended ({End}) with {count} bytes missing");
            }
            var taken = (int)Math.Min(count, _end - _start);
            await TakeAsync(taken, sink);
            count -= taken;
        }
    }

    private async Task TakeAsync(int count, Func<ReadOnlyMemory<byte>, Task> sink)
    {
        var piece = _buffer.AsMemory(_start, count);
        _start += count;
        await sink(piece);
    }

    private async Task<long> ReadChunkSizeAsync(CancellationToken cancel)
    {
        var line = await ReadLineAsync(cancel);
        return line.Length is > 0 and <= 15 && line.All(char.IsAsciiHexDigit)
            ? long.Parse(line, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            : throw new ProtocolException($"chunk size line '{Text.Show(Text.Bytes(line))}'");
    }

    /// <summary>One line without its CRLF. A bare CR or LF, NUL or other control byte is refused.</summary>
    public async Task<string> ReadLineAsync(CancellationToken cancel)
    {
        var scanned = 0;
        while (true)
        {
            var found = _buffer.AsSpan(_start + scanned, _end - _start - scanned).IndexOf((byte)'\n');
            if (found >= 0)
            {
                return TakeLine(scanned + found);
            }
            scanned = _end - _start;
            if (scanned > LongestLine)
            {
                throw new ProtocolException("a line without end");
            }
            if (!await FillAsync(cancel))
            {
                throw new EndOfStreamException($"the stream ended ({End}) within a line: '{Text.Show(Unread.Span)}'");
            }
        }
    }

    private string TakeLine(int lineFeedAt)
    {
        var line = _buffer.AsSpan(_start, lineFeedAt);
        if (line.Length == 0 || line[^1] != '\r' || line[..^1].ContainsAnyInRange((byte)0, (byte)8) || line[..^1].ContainsAnyInRange((byte)10, (byte)31) || line.Contains((byte)127))
        {
            throw new ProtocolException($"not a line ended by CRLF, or a control byte in it: '{Text.Show(line)}\\n'");
        }
        var text = Text.Of(line[..^1]);
        _start += lineFeedAt + 1;
        return text;
    }

    private static Header ParseField(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || !line[..colon].All(IsTokenCharacter))
        {
            throw new ProtocolException($"not a field line: '{Text.Show(Text.Bytes(line))}'");
        }
        return new Header(line[..colon], line[(colon + 1)..].Trim(' ', '\t'));
    }

    public static bool IsTokenCharacter(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal);

    private async Task<bool> FillAsync(CancellationToken cancel)
    {
        if (End != StreamEnd.Open)
        {
            return false;
        }
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _buffer.Length)
        {
            MakeRoom();
        }
        int read;
        try
        {
            read = await stream.ReadAsync(_buffer.AsMemory(_end), cancel);
        }
        catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown })
        {
            End = StreamEnd.Reset;
            return false;
        }
        if (read == 0)
        {
            End = StreamEnd.Closed;
            return false;
        }
        record?.Invoke(_buffer.AsMemory(_end, read));
        _end += read;
        return true;
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
            (_start, _end) = (0, _end - _start);
        }
        else
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
    }
}

public enum StreamEnd
{
    Open,

    /// <summary>FIN (or close_notify).</summary>
    Closed,

    /// <summary>RST.</summary>
    Reset,
}
