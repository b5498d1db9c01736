using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Portico.Services.Netlink.Native;

namespace Portico.Services.Netlink;

/// <summary>
/// Questions to the kernel's netfilter over netlink (linux/netlink.h, linux/netfilter/nfnetlink.h), each answered before the next is asked.
/// One thread uses it.
/// </summary>
internal sealed class NetfilterSocket : IDisposable
{
    /// <summary>nlmsghdr and nfgenmsg.</summary>
    public const int HeaderLength = 20;

    public const ushort Request = 1, Acknowledge = 4, Dump = 0x300;

    private const ushort Error = 2, Done = 3;
    private const int Interrupted = 4; // EINTR
    private const ushort DumpInterrupted = 0x10; // NLM_F_DUMP_INTR

    private readonly int _socket;
    private readonly byte[] _buffer = new byte[256 * 1024];
    private uint _sequence;

    /// <exception cref="Win32Exception">The kernel gives no socket.</exception>
    public NetfilterSocket()
    {
        _socket = Libc.Open(Libc.Netlink, Libc.RawCloseOnExec, Libc.Netfilter);
        if (_socket < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        // The kernel answers at once; a program must not hang when it does not.
        var limit = new Libc.TimeValue { Seconds = 30 };
        _ = Libc.SetOption(_socket, Libc.Socket, Libc.ReceiveTimeout, in limit, Marshal.SizeOf<Libc.TimeValue>());
    }

    public void Dispose() => _ = Libc.Close(_socket);

    /// <summary>Asks, and passes each message of the answer on, from its first attribute.</summary>
    /// <param name="type">Subsystem and message, as linux/netfilter/nfnetlink.h joins them.</param>
    /// <returns>Whether the answer is whole: a dump that is interrupted by changes may lack something.</returns>
    /// <exception cref="Win32Exception">The kernel says no; the code is its errno.</exception>
    public bool Ask(ushort type, ushort flags, IpFamily? family, ReadOnlySpan<byte> attributes, Action<ReadOnlyMemory<byte>>? each)
    {
        Send(type, flags, family, attributes);
        var whole = true;
        while (true)
        {
            var length = (int)Libc.Receive(_socket, _buffer, _buffer.Length, 0);
            if (length < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error == Interrupted)
                {
                    continue;
                }

                throw new Win32Exception(error);
            }

            for (var at = 0; at + 16 <= length;)
            {
                var message = _buffer.AsMemory(at, BitConverter.ToInt32(_buffer, at));
                at += (message.Length + 3) & ~3;
                if (BitConverter.ToUInt32(message.Span[8..]) != _sequence)
                {
                    continue;
                }

                whole &= (BitConverter.ToUInt16(message.Span[6..]) & DumpInterrupted) == 0;
                switch (BitConverter.ToUInt16(message.Span[4..]))
                {
                    case Done:
                        return whole;
                    case Error:
                        return BitConverter.ToInt32(message.Span[16..]) is var code and not 0 ? throw new Win32Exception(-code) : whole;
                    default:
                        each?.Invoke(message[HeaderLength..]);
                        break;
                }
            }

            if ((flags & (Dump | Acknowledge)) == 0)
            {
                return whole;
            }
        }
    }

    private void Send(ushort type, ushort flags, IpFamily? family, ReadOnlySpan<byte> attributes)
    {
        var message = new byte[HeaderLength + attributes.Length];
        BitConverter.TryWriteBytes(message, message.Length);
        BitConverter.TryWriteBytes(message.AsSpan(4), type);
        BitConverter.TryWriteBytes(message.AsSpan(6), (ushort)(flags | Request));
        BitConverter.TryWriteBytes(message.AsSpan(8), ++_sequence);
        message[16] = family switch { IpFamily.IPv4 => 2, IpFamily.IPv6 => 10, _ => 0 };
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(18), 0);
        attributes.CopyTo(message.AsSpan(HeaderLength));
        if (Libc.Send(_socket, message, message.Length, 0) < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }
}
