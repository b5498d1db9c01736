using Portico.Http.Http2.Native;

namespace Portico.Http.Http2;

/// <summary>
/// The events of one client's session, handed to its connection. Nothing of a handler runs inside them: streams that have news are
/// noted and served once the library has returned.
/// </summary>
internal sealed class Http2ServerSession(Http2ServerConnection owner, Http2SessionOptions options) : Http2Session(isServer: true, options)
{
    protected override bool HandleBeginHeaders(int stream, Http2HeadersCategory category)
    {
        owner.OnBeginHeaders(stream, category);
        return true;
    }

    protected override bool HandleField(int stream, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        owner.OnField(stream, name, value);
        return true;
    }

    protected override void HandleBody(int stream, ReadOnlySpan<byte> bytes) => owner.OnBody(stream, bytes);

    protected override bool HandleBeginFrame(Http2FrameType type, int stream, int length, Http2FrameFlags flags) =>
        owner.OnBeginFrame(type, stream, length, flags);

    protected override void HandleFrame(in Http2Frame frame) => owner.OnFrame(in frame);

    protected override void HandleStreamClosed(int stream, Http2ErrorCode error) => owner.OnStreamClosed(stream, error);

    protected override BodyPiece ReadBody(int stream, int limit) => owner.ReadBody(stream, limit);

    protected override bool CopyBody(int stream, Span<byte> destination) => owner.CopyBody(stream, destination);
}
