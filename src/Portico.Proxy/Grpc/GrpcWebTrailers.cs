using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using Portico.Http.Messages;

namespace Portico.Proxy.Grpc;

/// <summary>
/// The last frame of an answer of gRPC-Web: what gRPC says in trailers, which browsers show to nobody. A prefix as of a message, with the
/// highest bit of the first byte set, then lines of HTTP/1.1. Put together in memory that grows with it; reused, owned by a shard.
/// </summary>
internal sealed class GrpcWebTrailers : IHeaderWriter
{
    /// <summary>Flags and length (gRPC over HTTP/2, "Length-Prefixed-Message").</summary>
    private const int PrefixLength = 5;

    private const byte TrailersFlag = 0x80;

    private byte[] _bytes = new byte[256];
    private int _length = PrefixLength;

    public void Clear() => _length = PrefixLength;

    /// <summary>Names of gRPC-Web are written in lower case.</summary>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var needed = _length + name.Length + value.Length + 3;
        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(needed, 2 * _bytes.Length));
        }

        Ascii.ToLower(name, _bytes.AsSpan(_length), out _);
        _bytes[_length + name.Length] = (byte)':';
        value.CopyTo(_bytes.AsSpan(_length + name.Length + 1));
        "\r\n"u8.CopyTo(_bytes.AsSpan(needed - 2));
        _length = needed;
    }

    public void AddAll(HeaderBlock trailers)
    {
        foreach (ref readonly var field in trailers.Fields)
        {
            Add(trailers.Name(in field), trailers.Value(in field));
        }
    }

    /// <summary>An answer without messages has its status among the headers ("Trailers-Only"): it moves into the frame, where every client finds it.</summary>
    public void AddStatusOf(HeaderBlock head)
    {
        foreach (ref readonly var field in head.Fields)
        {
            if (IsStatus(head.Name(in field)))
            {
                Add(head.Name(in field), head.Value(in field));
            }
        }
    }

    public static bool IsStatus(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "grpc-status"u8) || Ascii.EqualsIgnoreCase(name, "grpc-message"u8) || Ascii.EqualsIgnoreCase(name, "grpc-status-details-bin"u8);

    /// <summary>The frame, as it goes into the body. Valid until the next one is begun.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        _bytes[0] = TrailersFlag;
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(1), _length - PrefixLength);
        return _bytes.AsSpan(0, _length);
    }

    /// <summary>Bytes of the frame in the body of an answer.</summary>
    public int LengthIn(GrpcWebForm form) => form == GrpcWebForm.Text ? Base64.GetMaxEncodedToUtf8Length(_length) : _length;

    /// <summary>Writes the frame in the form of the answer.</summary>
    public void CopyTo(Span<byte> body, GrpcWebForm form)
    {
        var frame = Finish();
        if (form == GrpcWebForm.Text)
        {
            Base64.EncodeToUtf8(frame, body, out _, out _);
        }
        else
        {
            frame.CopyTo(body);
        }
    }
}
