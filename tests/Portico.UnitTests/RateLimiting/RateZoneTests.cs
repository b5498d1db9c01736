using Portico.Proxy.Limits;
using Xunit;

namespace Portico.UnitTests.RateLimiting;

public class RateZoneTests
{
    private readonly RateZone _zone = new();

    [Fact]
    public void From_nothing_one_request_and_the_burst_come_through_at_once()
    {
        var admitted = Enumerable.Range(0, 20).Count(_ => _zone.TryTake(1, rate: 1000, burst: 5000, now: 1));

        Assert.Equal(6, admitted);
    }

    [Fact]
    public void The_bucket_runs_off_with_the_rate_and_a_refused_request_does_not_fill_it()
    {
        for (var i = 0; i < 50; i++)
        {
            _zone.TryTake(1, rate: 2000, burst: 3000, now: 1000);
        }

        Assert.False(_zone.TryTake(1, 2000, 3000, 1499));
        Assert.True(_zone.TryTake(1, 2000, 3000, 1500));
        Assert.False(_zone.TryTake(1, 2000, 3000, 1500));
    }

    [Fact]
    public void One_per_minute_is_sixteen_thousandths_per_second_as_nginx_counts()
    {
        Assert.True(_zone.TryTake(1, 16, 0, 1));
        Assert.False(_zone.TryTake(1, 16, 0, 62_400));
        Assert.True(_zone.TryTake(1, 16, 0, 62_501));
    }

    [Fact]
    public void A_clock_that_steps_back_gives_no_time()
    {
        Assert.True(_zone.TryTake(1, 1000, 0, 5000));
        Assert.False(_zone.TryTake(1, 1000, 0, 4000));
        Assert.False(_zone.TryTake(1, 1000, 0, 5999));
        Assert.True(_zone.TryTake(1, 1000, 0, 6000));
    }

    [Fact]
    public void What_is_given_back_can_be_taken_again()
    {
        Assert.True(_zone.TryTake(1, 1000, 1000, 1));
        Assert.True(_zone.TryTake(1, 1000, 1000, 1));
        Assert.False(_zone.TryTake(1, 1000, 1000, 1));
        _zone.GiveBack(1);
        Assert.True(_zone.TryTake(1, 1000, 1000, 1));
    }

    [Fact]
    public async Task Four_threads_together_are_let_through_exactly_as_often_as_one()
    {
        var counts = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            Enumerable.Range(0, 20_000).Count(_ => _zone.TryTake(7, rate: 1000, burst: 1_234_000, now: 1)))));

        Assert.Equal(1235, counts.Sum());
    }

    [Fact]
    public async Task Connections_are_counted_exactly_over_threads()
    {
        var zone = new ConnectionZone();
        var inside = 0;
        var most = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                if (zone.TryEnter(9, 3, 1))
                {
                    var now = Interlocked.Increment(ref inside);
                    InterlockedMax(ref most, now);
                    Interlocked.Decrement(ref inside);
                    zone.Exit(9);
                }
            }
        })));

        Assert.InRange(most, 1, 3);
        Assert.True(zone.TryEnter(9, 1, 2));
        Assert.False(zone.TryEnter(9, 1, 2));
    }

    [Fact]
    public void A_full_table_gives_up_idle_clients_and_never_one_that_is_inside()
    {
        var zone = new ConnectionZone();
        Assert.True(zone.TryEnter(1, 1, 1));
        for (UInt128 client = 2; client < 200_000; client++)
        {
            if (zone.TryEnter(client, 1, 2))
            {
                zone.Exit(client);
            }
        }

        Assert.False(zone.TryEnter(1, 1, 3));
    }

    [Fact]
    public void Counting_allocates_nothing_once_the_set_is_there()
    {
        _zone.TryTake(1, 1000, 5000, 1);
        var now = 0;
        Assert.Equal(0, Allocated.AtLeast(() => _zone.TryTake(1, 1000, 5000, now++)));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); seen < value;)
        {
            seen = Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
