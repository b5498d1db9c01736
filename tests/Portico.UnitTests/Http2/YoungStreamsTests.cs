using Portico.Http.Http2;
using Xunit;

namespace Portico.UnitTests.Http2;

public class YoungStreamsTests
{
    [Fact]
    public void A_stream_counts_in_its_second_and_the_next_one()
    {
        var young = default(YoungStreams);
        young.Began(5_100);
        young.Began(5_900);
        Assert.Equal(2, young.Count(5_999));
        young.Began(6_000);
        Assert.Equal(3, young.Count(6_999));
        Assert.Equal(1, young.Count(7_000));
        Assert.Equal(0, young.Count(8_000));
    }

    [Fact]
    public void One_that_ends_counts_no_more()
    {
        var young = default(YoungStreams);
        var first = young.Began(5_000);
        var second = young.Began(5_000);
        young.Ended(first, 5_500);
        Assert.Equal(1, young.Count(5_500));
        young.Ended(second, 6_500);
        Assert.Equal(0, young.Count(6_500));
    }

    [Fact]
    public void One_that_ends_when_it_is_old_changes_nothing()
    {
        var young = default(YoungStreams);
        var old = young.Began(1_000);
        young.Began(60_000);
        young.Ended(old, 60_500);
        Assert.Equal(1, young.Count(60_500));
    }
}
