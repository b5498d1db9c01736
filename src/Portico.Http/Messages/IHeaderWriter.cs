namespace Portico.Http.Messages;

/// <summary>
/// Takes the headers of a message that is being built. The bytes are copied before the call returns.
/// The codec behind it writes framing headers (Content-Length, Transfer-Encoding, Connection) by itself.
/// </summary>
public interface IHeaderWriter
{
    void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);
}
