using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Portico.Services.Netlink.Native;

namespace Portico.Services.Netlink;

/// <summary>
/// Questions and orders to the kernel's netfilter over netlink (linux/netlink.h, linux/netfilter/nfnetlink.h), each answered before the next.
/// One thread uses it.
/// </summary>
internal sealed class NetfilterSocket : IDisposable
{
    /// <summary>nlmsghdr and nfgenmsg.</summary>
    public const int HeaderLength = 20;

    public const ushort Request = 1, Acknowledge = 4, Dump = 0x300;

    /// <summary>A message of a batch that the kernel refuses, and with it the whole batch.</summary>
    /// <param name="Message">Its place in the batch; 0 when it is the batch as a whole.</param>
    /// <param name="Error">errno</param>
    public readonly record struct Refusal(int Message, int Error);

    private const ushort Error = 2, Done = 3;
    private const int Interrupted = 4; // EINTR
    private const ushort DumpInterrupted = 0x10; // NLM_F_DUMP_INTR

    private readonly int _socket;
    private readonly byte[] _buffer = new byte[256 * 1024];
    private int _sendable = 64 * 1024;
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

        // A refusal need not repeat what is refused.
        _ = Libc.SetOption(_socket, Libc.NetlinkLevel, Libc.ShortAcknowledgement, 1, sizeof(int));
    }

    public void Dispose() => _ = Libc.Close(_socket);

    /// <summary>AF_INET, AF_INET6</summary>
    public static byte NumberOf(IpFamily family) => family == IpFamily.IPv4 ? (byte)2 : (byte)10;

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
            var length = Receive();
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

    /// <summary>Sends a batch, which happens as a whole or not at all.</summary>
    /// <returns>Null when it has happened; otherwise what is wrong with it.</returns>
    /// <exception cref="Win32Exception">The kernel does not take or does not answer it; whether it has happened is not known.</exception>
    public Refusal? Commit(NetlinkBatch batch)
    {
        var first = _sequence + 1;
        var last = Number(batch.Bytes, batch.Messages - 2);
        if (batch.Bytes.Length > _sendable)
        {
            _sendable = batch.Bytes.Length;
            _ = Libc.SetOption(_socket, Libc.Socket, Libc.SendBufferForce, in _sendable, sizeof(int));
        }

        if (Libc.Send(_socket, batch.Bytes, batch.Bytes.Length, 0) < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        Refusal? refusal = null;
        while (true)
        {
            var length = Receive();
            for (var at = 0; at + HeaderLength <= length;)
            {
                var answer = _buffer.AsSpan(at, BitConverter.ToInt32(_buffer, at));
                at += (answer.Length + 3) & ~3;
                var (of, error) = (BitConverter.ToUInt32(answer[8..]), -BitConverter.ToInt32(answer[16..]));
                if (of - first >= (uint)batch.Messages)
                {
                    continue;
                }

                refusal ??= error == 0 ? null : new Refusal((int)(of - first), error);

                // After a word about the batch itself there may come none about its messages.
                if (of == last || of == first)
                {
                    return refusal;
                }
            }
        }
    }

    /// <summary>Gives the messages of a batch their numbers; the kernel is to answer to one of them in any case.</summary>
    /// <returns>The number of that one.</returns>
    private uint Number(Span<byte> batch, int answered)
    {
        var number = 0u;
        for (var (at, i) = (0, 0); at < batch.Length; at += BitConverter.ToInt32(batch[at..]), i++)
        {
            BitConverter.TryWriteBytes(batch[(at + 8)..], ++_sequence);
            if (i == answered)
            {
                number = _sequence;
                BitConverter.TryWriteBytes(batch[(at + 6)..], (ushort)(BitConverter.ToUInt16(batch[(at + 6)..]) | Acknowledge));
            }
        }

        return number;
    }

    private int Receive()
    {
        while (true)
        {
            var length = (int)Libc.Receive(_socket, _buffer, _buffer.Length, 0);
            if (length >= 0)
            {
                return length;
            }

            if (Marshal.GetLastPInvokeError() is var error and not Interrupted)
            {
                throw new Win32Exception(error);
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
        message[16] = family is { } known ? NumberOf(known) : (byte)0;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(18), 0);
        attributes.CopyTo(message.AsSpan(HeaderLength));
        if (Libc.Send(_socket, message, message.Length, 0) < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }
}
