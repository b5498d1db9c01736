using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Portico.TestKit.Wire;

/// <summary>
/// Asks the kernel (sock_diag) about the other end of a loopback connection: how many bytes wait there unread. That is how
/// a test knows that the gateway has taken the first part of a request, so that the second part really arrives in a read
/// of its own.
/// </summary>
internal static partial class PeerSocket
{
    private const int FamilyNetlink = 16;
    private const int DatagramCloseOnExec = 2 | 0x80000;
    private const int ProtocolSockDiag = 4;
    private const ushort SockDiagByFamily = 20;
    private const int HeaderLength = 16;
    private const int RequestLength = 56;
    private const int ReceiveQueueOffset = HeaderLength + 56;

    /// <summary>A gateway may rightly stop reading (back-pressure, an error answered): then the wait ends by itself.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    public static async Task WaitUntilReadAsync(Socket socket)
    {
        var request = Request((IPEndPoint)socket.RemoteEndPoint!, (IPEndPoint)socket.LocalEndPoint!);
        using var diag = new SafeSocketHandle(OpenSocket(FamilyNetlink, DatagramCloseOnExec, ProtocolSockDiag), ownsHandle: true);
        var started = Stopwatch.GetTimestamp();
        while (ReceiveQueue(diag, request) > 0 && Stopwatch.GetElapsedTime(started) < Patience)
        {
            await Task.Yield();
        }
    }

    // struct nlmsghdr, then struct inet_diag_req_v2 with the addresses as the peer sees them.
    private static byte[] Request(IPEndPoint local, IPEndPoint remote)
    {
        var message = new byte[HeaderLength + RequestLength];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), SockDiagByFamily);
        message[6] = 1; // NLM_F_REQUEST
        var request = message.AsSpan(HeaderLength);
        request[0] = (byte)AddressFamily.InterNetwork;
        request[1] = (byte)ProtocolType.Tcp;
        request.Slice(4, 4).Fill(0xff); // any state
        BinaryPrimitives.WriteUInt16BigEndian(request[8..], (ushort)local.Port);
        BinaryPrimitives.WriteUInt16BigEndian(request[10..], (ushort)remote.Port);
        local.Address.TryWriteBytes(request[12..], out _);
        remote.Address.TryWriteBytes(request[28..], out _);
        request.Slice(48, 8).Fill(0xff); // no cookie
        return message;
    }

    private static unsafe int ReceiveQueue(SafeSocketHandle diag, byte[] request)
    {
        var answer = stackalloc byte[256];
        fixed (byte* bytes = request)
        {
            if (Send(diag, bytes, request.Length, 0) != request.Length)
            {
                return 0;
            }
        }
        var length = Receive(diag, answer, 256, 0);
        var found = length >= ReceiveQueueOffset + 4 && *(ushort*)(answer + 4) == SockDiagByFamily;
        return found ? *(int*)(answer + ReceiveQueueOffset) : 0;
    }

    [LibraryImport("libc", EntryPoint = "socket")]
    private static partial nint OpenSocket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "send")]
    private static unsafe partial nint Send(SafeSocketHandle socket, byte* bytes, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv")]
    private static unsafe partial nint Receive(SafeSocketHandle socket, byte* bytes, nint length, int flags);
}
