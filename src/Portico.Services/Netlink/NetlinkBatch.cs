using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Portico.Services.Netlink;

/// <summary>
/// Messages that netfilter takes as one transaction, as they go over the wire (linux/netlink.h, linux/netfilter/nfnetlink.h): between a begin and an
/// end, all of them or none. Written once, from front to back; <see cref="NetfilterSocket.Commit"/> sends it. Lengths and flags are of the machine's byte order.
/// It can be megabytes and lives for a moment: its memory is not the collector's, which would begin a full collection over it.
/// </summary>
/// <param name="subsystem">The part of netfilter that is written to (NFNL_SUBSYS_…).</param>
internal sealed unsafe class NetlinkBatch(byte subsystem) : IDisposable
{
    private const ushort BatchBegin = 0x10, BatchEnd = 0x11;
    private const ushort Nested = 0x8000; // NLA_F_NESTED

    private byte* _bytes;
    private int _capacity;
    private int _length;
    private int _message;

    /// <summary>How many messages there are, the begin and the end among them.</summary>
    public int Messages { get; private set; }

    /// <summary>The bytes; what is still open counts as not written.</summary>
    public Span<byte> Bytes => new(_bytes, _length);

    public void Dispose()
    {
        NativeMemory.Free(_bytes);
        _bytes = null;
    }

    public void Begin() => WriteEdge(BatchBegin);

    public void End() => WriteEdge(BatchEnd);

    /// <param name="type">The message within the subsystem.</param>
    public void BeginMessage(byte type, ushort flags, IpFamily family)
    {
        BeginMessage((ushort)((subsystem << 8) | type), (ushort)(flags | NetfilterSocket.Request));
        _bytes[_message + 16] = NetfilterSocket.NumberOf(family);
    }

    public void EndMessage()
    {
        BitConverter.TryWriteBytes(Bytes[_message..], _length - _message);
        Messages++;
    }

    /// <summary>How long the message is so far.</summary>
    public int MessageLength => _length - _message;

    /// <summary>Opens an attribute that holds others.</summary>
    /// <returns>What <see cref="Close"/> wants.</returns>
    public int Open(ushort type)
    {
        var at = _length;
        WriteHeader(Add(4), 4, (ushort)(type | Nested));
        return at;
    }

    public void Close(int attribute) => BitConverter.TryWriteBytes(Bytes[attribute..], (ushort)(_length - attribute));

    public void Write(ushort type, ReadOnlySpan<byte> value)
    {
        var place = Add(4 + ((value.Length + 3) & ~3));
        WriteHeader(place, 4 + value.Length, type);
        value.CopyTo(place[4..]);
    }

    /// <summary>A text with the zero at its end.</summary>
    public void Write(ushort type, string text)
    {
        Span<byte> bytes = stackalloc byte[256];
        var length = Encoding.ASCII.GetBytes(text, bytes);
        bytes[length] = 0;
        Write(type, bytes[..(length + 1)]);
    }

    public void WriteBigEndian(ushort type, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        Write(type, bytes);
    }

    private void WriteEdge(ushort type)
    {
        BeginMessage(type, NetfilterSocket.Request);
        BinaryPrimitives.WriteUInt16BigEndian(Bytes[(_message + 18)..], subsystem);
        EndMessage();
    }

    private void BeginMessage(ushort type, ushort flags)
    {
        _message = _length;
        var header = Add(NetfilterSocket.HeaderLength);
        BitConverter.TryWriteBytes(header[4..], type);
        BitConverter.TryWriteBytes(header[6..], flags);
    }

    private static void WriteHeader(Span<byte> attribute, int length, ushort type)
    {
        BitConverter.TryWriteBytes(attribute, (ushort)length);
        BitConverter.TryWriteBytes(attribute[2..], type);
    }

    /// <summary>Room for some bytes more, all zero.</summary>
    private Span<byte> Add(int bytes)
    {
        if (_capacity - _length < bytes)
        {
            _capacity = Math.Max(_capacity * 2, 4096);
            _bytes = (byte*)NativeMemory.Realloc(_bytes, (nuint)_capacity);
        }

        var added = new Span<byte>(_bytes + _length, bytes);
        added.Clear();
        _length += bytes;
        return added;
    }
}
