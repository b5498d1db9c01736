using Portico.Proxy.Requests;

namespace Portico.Proxy.Observing.AccessLog;

/// <summary>
/// One shard's end of the access log, used on that shard's thread only. A line is put into a ring for the writer thread;
/// when the ring is full the line is dropped and counted: logging never makes a request wait.
/// </summary>
internal sealed class ShardAccessLog(AccessLogWriter writer, int ringBytes)
{
    private readonly ByteBuilder _line = new();

    internal ByteRing Ring { get; } = new(ringBytes);

    internal long Lines { get; private set; }

    internal long DroppedLines { get; private set; }

    /// <summary>Call it when the exchange is finished, before its buffers are given back.</summary>
    public void Write(AccessLogFormat format, RequestContext context)
    {
        _line.Clear();
        format.Append(context, _line);
        Write(_line.Written);
    }

    /// <summary>Begins the line of an exchange that goes on without its request.</summary>
    public BegunLogLine Begin(AccessLogFormat format, RequestContext context) => format.Begin(context, _line);

    /// <summary>Writes a line that was begun, now that the outcome is known.</summary>
    public void Write(BegunLogLine begun, RequestContext context)
    {
        _line.Clear();
        begun.Format.AppendBegun(begun, context, _line);
        Write(_line.Written);
    }

    /// <summary>Writes a line as it is; it must bring its line end.</summary>
    internal void Write(ReadOnlySpan<byte> line)
    {
        if (Ring.TryWrite(line))
        {
            Lines++;
            writer.LineAdded(Ring);
        }
        else
        {
            DroppedLines++;
        }
    }
}
