using System.Net.Sockets;
using Portico.Net.Tls;
using Xunit;

namespace Portico.UnitTests.Tls;

public class TlsTransferTests
{
    private const int SmallBuffer = 4096;

    private static readonly TestCertificate Certificate = TestCertificate.Ecdsa("a.test");

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, SmallBuffer)]
    [InlineData(true, SmallBuffer)]
    public void A_megabyte_in_odd_sizes_arrives_as_it_was_sent(bool tls13, int bufferSize)
    {
        using var pair = Open(tls13, bufferSize);
        var sent = new byte[1_000_003];
        new Random(42).NextBytes(sent);
        var received = new byte[sent.Length];
        int written = 0, read = 0, wantWrites = 0;
        int[] sizes = [1, 2, 7, 1000, 16_383, 16_384, 16_385, 40_001];
        for (var turn = 0; read < sent.Length; turn++)
        {
            while (written < sent.Length)
            {
                // A repeated write has at least as many bytes as the refused one.
                var size = wantWrites > 0 ? sent.Length - written : Math.Min(sizes[turn++ % sizes.Length], sent.Length - written);
                var result = pair.Server.Write(sent.AsSpan(written, size));
                if (result == TlsSession.WantWrite)
                {
                    wantWrites++;
                    break;
                }

                Assert.InRange(result, 1, 16_384);
                written += result;
                wantWrites = 0;
            }

            var got = pair.Client.Read(received.AsSpan(read, Math.Min(sizes[^((turn % sizes.Length) + 1)], received.Length - read)));
            if (got == TlsSession.WantRead)
            {
                TlsPair.AwaitFlow(pair.ServerSocket, pair.ClientSocket);
                continue;
            }

            Assert.True(got > 0, pair.Client.LastError);
            read += got;
        }

        Assert.Equal(sent, received);
    }

    [Fact]
    public void A_full_socket_is_answered_with_want_write_and_the_write_goes_on_from_another_address()
    {
        using var pair = Open(tls13: true, SmallBuffer);
        var data = new byte[100_000];
        new Random(1).NextBytes(data);
        var written = 0;
        int result;
        while ((result = pair.Server.Write(data.AsSpan(written))) > 0)
        {
            written += result;
        }

        Assert.Equal(TlsSession.WantWrite, result);
        var received = new List<byte>();
        var buffer = new byte[3000];
        while (received.Count < data.Length)
        {
            // The same bytes, moved.
            if (written < data.Length && (result = pair.Server.Write(data.AsSpan(written).ToArray())) > 0)
            {
                written += result;
            }

            if ((result = pair.Client.Read(buffer)) > 0)
            {
                received.AddRange(buffer[..result]);
            }
            else
            {
                Assert.Equal(TlsSession.WantRead, result);
                TlsPair.AwaitFlow(pair.ServerSocket, pair.ClientSocket);
            }
        }

        Assert.Equal(data, received);
    }

    [Fact]
    public void Repeating_a_refused_write_with_fewer_bytes_is_a_mistake_of_the_caller()
    {
        using var pair = Open(tls13: true, SmallBuffer);
        while (pair.Server.Write(new byte[1000]) > 0)
        {
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Server.Write(new byte[999]));
        Assert.Equal(TlsSession.WantWrite, pair.Server.Write(new byte[2000]));
    }

    [Fact]
    public void Pending_tells_of_decrypted_bytes_and_not_of_half_a_record()
    {
        using var pair = Open(tls13: true);
        Assert.Equal(10, pair.Client.Write(new byte[10]));
        TlsPair.Await(pair.ServerSocket, TlsStatus.WantRead);
        var buffer = new byte[4];
        Assert.Equal(4, pair.Server.Read(buffer));
        Assert.True(pair.Server.Pending);
        Assert.Equal(4, pair.Server.Read(buffer));
        Assert.Equal(2, pair.Server.Read(buffer));
        Assert.False(pair.Server.Pending);
        Assert.Equal(TlsSession.WantRead, pair.Server.Read(buffer));

        // Half a record: the client's next record is cut on its way by a relay of our own hand.
        pair.ServerSocket.Send(stackalloc byte[] { 0x17, 0x03, 0x03, 0x00 });
        TlsPair.Await(pair.ClientSocket, TlsStatus.WantRead);
        Assert.Equal(TlsSession.WantRead, pair.Client.Read(buffer));
        Assert.False(pair.Client.Pending);
    }

    [Fact]
    public void Two_records_that_came_together_are_both_read_before_the_socket_is_waited_for()
    {
        using var pair = Open(tls13: true);
        Assert.Equal(3, pair.Client.Write("one"u8));
        Assert.Equal(3, pair.Client.Write("two"u8));
        TlsPair.Await(pair.ServerSocket, TlsStatus.WantRead);
        var buffer = new byte[100];
        Assert.Equal(3, pair.Server.Read(buffer));
        Assert.True(pair.Server.Pending || pair.ServerSocket.Available > 0);
        Assert.Equal(3, pair.Server.Read(buffer));
    }

    [Fact]
    public void A_close_notify_is_a_clean_end_and_the_other_direction_stays_open()
    {
        using var pair = Open(tls13: true);
        Assert.Equal(TlsStatus.Done, pair.Client.Shutdown());
        TlsPair.Await(pair.ServerSocket, TlsStatus.WantRead);
        var buffer = new byte[10];
        Assert.Equal(TlsSession.Closed, pair.Server.Read(buffer));
        Assert.Equal(TlsSession.Closed, pair.Server.Read(buffer));
        Assert.Equal(6, pair.Server.Write("answer"u8));
        TlsPair.Await(pair.ClientSocket, TlsStatus.WantRead);
        Assert.Equal(6, pair.Client.Read(buffer));
    }

    [Fact]
    public void The_end_of_the_connection_without_close_notify_is_a_clean_end_too()
    {
        using var pair = Open(tls13: false);
        pair.ClientSocket.Shutdown(SocketShutdown.Send);
        TlsPair.Await(pair.ServerSocket, TlsStatus.WantRead);
        Assert.Equal(TlsSession.Closed, pair.Server.Read(new byte[10]));
    }

    [Fact]
    public void A_reset_connection_fails_with_the_systems_words()
    {
        using var pair = Open(tls13: true);
        pair.ClientSocket.LingerState = new LingerOption(true, 0);
        pair.ClientSocket.Close();
        TlsPair.Await(pair.ServerSocket, TlsStatus.WantRead);
        Assert.Equal(TlsSession.Failed, pair.Server.Read(new byte[10]));
        Assert.Contains("reset", pair.Server.LastError, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(TlsSession.Failed, pair.Server.Write("x"u8));
        Assert.Equal(TlsSession.Failed, pair.Server.Read(new byte[10]));
        Assert.Equal(TlsStatus.Failed, pair.Server.Shutdown());
    }

    [Fact]
    public void A_forged_record_ends_the_session()
    {
        using var pair = Open(tls13: true);
        pair.ClientSocket.Send([0x17, 0x03, 0x03, 0x00, 0x20, .. new byte[0x20]]);
        TlsPair.Await(pair.ServerSocket, TlsStatus.WantRead);
        Assert.Equal(TlsSession.Failed, pair.Server.Read(new byte[10]));
        Assert.Contains("bad record mac", pair.Server.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public void Reading_and_writing_allocate_nothing()
    {
        using var pair = Open(tls13: true);
        var buffer = new byte[16_384];
        Exchange(pair, buffer);
        Assert.Equal(0, Allocated.AtLeast(() => Exchange(pair, buffer)));

        static void Exchange(TlsPair pair, byte[] buffer)
        {
            pair.Client.Write(buffer.AsSpan(0, 700));
            while (pair.Server.Read(buffer) != 700)
            {
            }

            pair.Server.Write(buffer.AsSpan(0, 5000));
            for (var got = 0; got < 5000; got += Math.Max(0, pair.Client.Read(buffer)))
            {
            }
        }
    }

    private static TlsPair Open(bool tls13, int bufferSize = 0) => new TlsPair(
        TlsPair.ServerContext(Certificate),
        TlsPair.ClientContext(new TlsClientOptions { Tls12 = !tls13, Tls13 = tls13 }),
        bufferSize: bufferSize).Established();
}
