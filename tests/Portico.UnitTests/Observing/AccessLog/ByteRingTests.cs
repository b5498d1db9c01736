using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Portico.Proxy.Observing.AccessLog;
using Xunit;

namespace Portico.UnitTests.Observing.AccessLog;

public class ByteRingTests
{
    [Fact]
    public void A_piece_that_does_not_fit_is_refused_whole()
    {
        var ring = new ByteRing(16);

        Assert.True(ring.TryWrite("0123456789"u8));
        Assert.False(ring.TryWrite("abcdefg"u8));
        Assert.True(ring.TryWrite("abcdef"u8));
        Assert.False(ring.TryWrite("x"u8));
        Assert.Equal("0123456789abcdef", TakeAll(ring));
    }

    [Fact]
    public void Pieces_run_over_the_end_of_the_array()
    {
        var ring = new ByteRing(16);
        ring.TryWrite("0123456789"u8);
        TakeAll(ring);

        Assert.True(ring.TryWrite("abcdefghijklmnop"u8));

        Assert.Equal(16, ring.Pending);
        Assert.Equal(6, ring.Peek(int.MaxValue).Length);
        Assert.Equal("abcdefghijklmnop", TakeAll(ring));
    }

    [Fact]
    public void Capacities_are_rounded_up() => Assert.Equal(1024, new ByteRing(1000).Capacity);

    [Fact]
    public void What_goes_in_comes_out_in_order_whatever_the_steps() => Prop.ForAll<byte[][], byte[]>((pieces, takes) =>
    {
        var ring = new ByteRing(32);
        var accepted = new List<byte>();
        var taken = new List<byte>();
        for (var i = 0; i < pieces.Length; i++)
        {
            if (ring.TryWrite(pieces[i]))
            {
                accepted.AddRange(pieces[i]);
            }

            var bytes = ring.Peek(takes.Length == 0 ? 1 : takes[i % takes.Length]);
            taken.AddRange(bytes);
            ring.Consume(bytes.Length);
        }

        taken.AddRange(Encoding.Latin1.GetBytes(TakeAll(ring)));
        return accepted.SequenceEqual(taken);
    }).QuickCheckThrowOnFailure();

    private static string TakeAll(ByteRing ring)
    {
        var text = new StringBuilder();
        while (ring.Pending > 0)
        {
            var bytes = ring.Peek(int.MaxValue);
            text.Append(Encoding.Latin1.GetString(bytes));
            ring.Consume(bytes.Length);
        }

        return text.ToString();
    }
}
