using Portico.Net.Native;
using Portico.Net.Tls;

namespace Portico.Net.Sockets;

public sealed partial class Connection
{
    /// <summary>Writes all bytes; ends when the kernel has taken the last one, so that a slow reader makes a slow writer.</summary>
    /// <param name="timeout">Longest time in which the peer takes no byte; zero or less for none.</param>
    /// <returns>The number of bytes, or an error.</returns>
    public ValueTask<int> WriteAsync(byte[] buffer, int offset, int count, TimeSpan timeout)
    {
        Shard.AssertOwned();
        var written = 0;
        while (written < count)
        {
            var result = _closed ? IoStatus.Canceled : TryWrite(buffer.AsSpan(offset + written, count - written));
            if (result == IoStatus.WouldBlock)
            {
                _writeTimeout = timeout;
                return _writing.Begin(Shard, buffer, offset, count, written, timeout);
            }

            if (result < 0)
            {
                return new ValueTask<int>(result);
            }

            written += result;
        }

        return new ValueTask<int>(count);
    }

    private TimeSpan _writeTimeout;

    /// <summary>Sends what the kernel takes at once, for goodbyes where nobody waits.</summary>
    public void TryWriteNow(ReadOnlySpan<byte> bytes)
    {
        if (!_closed && !_writing.IsPending)
        {
            _ = TryWrite(bytes);
        }
    }

    private unsafe int TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (_tls is not null)
        {
            return TryWriteTls(bytes);
        }

        int result;
        do
        {
            fixed (byte* p = bytes)
            {
                result = Libc.Send(Fd, p, bytes.Length);
            }
        }
        while (result == -Libc.EINTR);

        if (result == IoStatus.WouldBlock)
        {
        }
        else if (result < 0)
        {
            IsBroken = true;
        }

        return result;
    }

    private int TryWriteTls(ReadOnlySpan<byte> bytes)
    {
        var result = _tls!.Write(bytes);
        switch (result)
        {
            case TlsSession.WantWrite:
                return IoStatus.WouldBlock;
            case TlsSession.WantRead:
                return IoStatus.WouldBlock;
            case TlsSession.Failed:
            case TlsSession.Closed:
                IsBroken = true;
                return IoStatus.TlsError;
            default:
                return result;
        }
    }

    private void ContinueWrite()
    {
        while (_writing.Progress < _writing.Count)
        {
            var result = TryWrite(_writing.Buffer.AsSpan(_writing.Offset + _writing.Progress, _writing.Count - _writing.Progress));
            if (result == IoStatus.WouldBlock)
            {
                _writing.Limit(Shard, _writeTimeout);
                return;
            }

            if (result < 0)
            {
                _writing.Complete(result);
                return;
            }

            _writing.Progress += result;
        }

        _writing.Complete(_writing.Count);
    }
}
