using Portico.Net;
using Portico.Net.Sockets;

namespace Portico.Http.Http2;

/// <summary>The stream as a stream of bytes: after the 200 that answers an extended CONNECT (RFC 8441).</summary>
internal sealed partial class Http2Exchange
{
    /// <summary>Whether the request asks for a tunnel, and no answer has refused it yet.</summary>
    private bool _isTunnel;

    ValueTask<int> IClientStream.WaitForInputAsync(TimeSpan timeout)
    {
        if (_isGone || _isAborted)
        {
            return new ValueTask<int>(IoStatus.Canceled);
        }

        if (RequestBodyAvailable > 0 || _inputEnded)
        {
            return new ValueTask<int>(1);
        }

        _target = null;
        return _reading.Begin(_owner.Shard, timeout);
    }

    int IClientStream.ReadNow(byte[] buffer)
    {
        if (RequestBodyAvailable > 0)
        {
            return TakeOut(buffer);
        }

        return _isGone ? IoStatus.Reset : _inputEnded ? IoStatus.End : Connection.NothingNow;
    }

    ValueTask<int> IClientStream.WriteAsync(byte[] buffer, int offset, int count, TimeSpan timeout) =>
        SendAsync(buffer, offset, count, timeout);

    void IClientStream.FinishWriting()
    {
        _isEnded = true;
        Resume();
    }

    /// <summary>A reset of the backend's connection is one of the stream (RFC 8441, 5.1).</summary>
    void IClientStream.Close()
    {
        if (!_isEnded || !_inputEnded)
        {
            _isAborted = true;
            ResetStream(Http2ErrorCode.Cancel);
        }

        CancelBodyRead();
        if (_writing.IsPending)
        {
            EndWrite(IoStatus.Canceled);
        }
    }
}
