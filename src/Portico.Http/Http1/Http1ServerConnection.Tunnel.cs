using Portico.Http.Messages;

namespace Portico.Http.Http1;

/// <summary>The connection as a stream of bytes, after a 101. Of the exchange it keeps what the client sent behind its request.</summary>
public sealed partial class Http1ServerConnection : IClientStream
{
    private ExchangeBytes _tunnelBytes;

    ExchangeBytes IClientStream.Bytes => _tunnelBytes;

    ValueTask<int> IClientStream.WaitForInputAsync(TimeSpan timeout) => _filled > 0 ? new ValueTask<int>(1) : _connection.WaitForInputAsync(timeout);

    int IClientStream.ReadNow(byte[] buffer)
    {
        if (_filled == 0)
        {
            return _connection.ReadNow(buffer, 0, buffer.Length);
        }

        var count = Math.Min(_filled, buffer.Length);
        _received.AsSpan(0, count).CopyTo(buffer);
        KeepForTunnel(new ByteRange(count, _filled - count));
        return count;
    }

    ValueTask<int> IClientStream.WriteAsync(byte[] buffer, int offset, int count, TimeSpan timeout)
    {
        _tunnelBytes = _tunnelBytes with { Sent = _tunnelBytes.Sent + count, BodySent = _tunnelBytes.BodySent + count };
        return _connection.WriteAsync(buffer, offset, count, timeout);
    }

    void IClientStream.FinishWriting() => _connection.ShutdownWrite();

    void IClientStream.Close() => _connection.Close();

    /// <summary>Takes over from an exchange that has ended as such.</summary>
    private void BeginTunnel(Http1Exchange exchange)
    {
        _tunnelBytes = exchange.Bytes;
        KeepForTunnel(exchange.TakeRest());
    }

    private void KeepForTunnel(ByteRange rest)
    {
        Keep(rest.Start, rest.Length);
        if (rest.Length == 0)
        {
            ReturnBuffer();
        }
    }
}
