using Portico.Net;
using Xunit;

namespace Portico.UnitTests.Net;

public class BufferPoolTests
{
    private readonly BufferPool _pool = new();

    [Theory]
    [InlineData(0, BufferPool.SmallSize)]
    [InlineData(1, BufferPool.SmallSize)]
    [InlineData(BufferPool.SmallSize, BufferPool.SmallSize)]
    [InlineData(BufferPool.SmallSize + 1, BufferPool.MediumSize)]
    [InlineData(BufferPool.MediumSize, BufferPool.MediumSize)]
    [InlineData(BufferPool.MediumSize + 1, BufferPool.LargeSize)]
    [InlineData(BufferPool.LargeSize, BufferPool.LargeSize)]
    [InlineData(BufferPool.LargeSize + 1, BufferPool.LargeSize + 1)]
    public void The_smallest_size_that_fits_is_given(int atLeast, int size)
    {
        Assert.Equal(size, _pool.Rent(atLeast).Length);
        Assert.Equal(size, _pool.RentedBytes);
    }

    [Theory]
    [InlineData(BufferPool.SmallSize)]
    [InlineData(BufferPool.MediumSize)]
    [InlineData(BufferPool.LargeSize)]
    public void What_comes_back_is_given_again(int size)
    {
        var first = _pool.Rent(size);
        var second = _pool.Rent(size);
        Assert.NotSame(first, second);
        _pool.Return(first);
        Assert.Same(first, _pool.Rent(size));
        _pool.Return(first);
        _pool.Return(second);
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public void A_buffer_of_an_odd_size_is_not_kept()
    {
        var odd = _pool.Rent(100_000);
        _pool.Return(odd);
        Assert.Equal(0, _pool.RentedBytes);
        Assert.NotSame(odd, _pool.Rent(100_000));
    }

    [Fact]
    public void More_than_a_burst_needs_is_not_kept_for_ever()
    {
        var burst = Enumerable.Range(0, 300).Select(_ => _pool.Rent(BufferPool.LargeSize)).ToList();
        burst.ForEach(_pool.Return);
        var again = Enumerable.Range(0, 300).Select(_ => _pool.Rent(BufferPool.LargeSize)).ToList();
        Assert.Equal(256, again.Intersect(burst).Count());
    }
}
