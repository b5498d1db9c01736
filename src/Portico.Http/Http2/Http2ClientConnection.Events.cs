namespace Portico.Http.Http2;

/// <summary>What the session tells. Nobody is woken in here: see <see cref="Tell"/>.</summary>
internal sealed partial class Http2ClientConnection
{
    protected override bool HandleBeginHeaders(int stream, Http2HeadersCategory category)
    {
        if (_streams.TryGetValue(stream, out var open))
        {
            open.OnHeaders();
        }

        return true;
    }

    protected override bool HandleField(int stream, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        !_streams.TryGetValue(stream, out var open) || open.OnField(name, value);

    protected override bool HandleInvalidField(int stream, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (_streams.TryGetValue(stream, out var open))
        {
            open.Fail(Http2StreamFailure.Invalid);
        }

        return false;
    }

    protected override void HandleBody(int stream, ReadOnlySpan<byte> bytes)
    {
        if (_streams.TryGetValue(stream, out var open))
        {
            open.OnBody(bytes);
            NoteProgress(open);
        }
        else
        {
            ConsumeConnection(bytes.Length);
        }
    }

    protected override void HandleFrame(in Http2Frame frame)
    {
        switch (frame.Type)
        {
            case Http2FrameType.Headers when _streams.TryGetValue(frame.Stream, out var headed):
                headed.OnHeadersEnd(frame.EndsStream);
                NoteProgress(headed);
                break;
            case Http2FrameType.Data when frame.EndsStream && _streams.TryGetValue(frame.Stream, out var ended):
                ended.OnEnd();
                NoteProgress(ended);
                break;
            case Http2FrameType.GoAway:
                // The library closes the streams that the backend leaves out (REFUSED_STREAM); the others run to their end.
                IsGoingAway = true;
                break;
        }
    }

    protected override void HandleInvalidFrame(in Http2Frame frame, int libraryError)
    {
        if (_streams.TryGetValue(frame.Stream, out var open))
        {
            open.Fail(Http2StreamFailure.Invalid);
        }
    }

    protected override void HandleNotSent(in Http2Frame frame, int libraryError)
    {
        if (frame.Type == Http2FrameType.Headers && _streams.TryGetValue(frame.Stream, out var open))
        {
            open.Fail(Http2StreamFailure.Refused);
        }
    }

    protected override void HandleStreamClosed(int stream, Http2ErrorCode error)
    {
        if (_streams.Remove(stream, out var closed))
        {
            _young.Ended(closed.Began, Connection.Shard.NowMilliseconds);
            closed.OnClosed(error);
            NoteProgress(closed);
        }
    }

    protected override BodyPiece ReadBody(int stream, int limit) =>
        _streams.TryGetValue(stream, out var open) ? open.NextPiece(limit) : BodyPiece.Deferred;

    protected override bool CopyBody(int stream, Span<byte> destination) =>
        _streams.TryGetValue(stream, out var open) && open.CopyPiece(destination);
}
