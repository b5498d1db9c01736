using Portico.Net.Timers;
using Xunit;

namespace Portico.UnitTests.Net;

public class TimerWheelTests
{
    private readonly List<string> _fired = [];
    private long _now = 1_000_000;

    [Fact]
    public void A_deadline_fires_once_and_never_early()
    {
        var wheel = new TimerWheel(_now);
        wheel.Set(new Named(this, "a"), _now + 100);
        Run(wheel, 99);
        Assert.Empty(_fired);
        Run(wheel, 1 + (2 * TimerWheel.TickMilliseconds));
        Assert.Equal(["a"], _fired);
    }

    [Fact]
    public void A_deadline_that_moves_later_fires_at_its_last_moment()
    {
        var wheel = new TimerWheel(_now);
        var deadline = new Named(this, "a");
        wheel.Set(deadline, _now + 100);
        wheel.Set(deadline, _now + 1000);
        Run(wheel, 900);
        Assert.Empty(_fired);
        Run(wheel, 200);
        Assert.Equal(["a"], _fired);
    }

    [Fact]
    public void A_deadline_that_moves_earlier_fires_at_its_last_moment()
    {
        var wheel = new TimerWheel(_now);
        var deadline = new Named(this, "a");
        wheel.Set(deadline, _now + 10_000);
        wheel.Set(deadline, _now + 100);
        Run(wheel, 200);
        Assert.Equal(["a"], _fired);
    }

    [Fact]
    public void Cleared_and_removed_deadlines_do_not_fire()
    {
        var wheel = new TimerWheel(_now);
        var cleared = new Named(this, "cleared");
        var removed = new Named(this, "removed");
        wheel.Set(cleared, _now + 100);
        wheel.Set(removed, _now + 100);
        cleared.Clear();
        wheel.Remove(removed);
        Run(wheel, 500);
        Assert.Empty(_fired);
        wheel.Set(cleared, _now + 100);
        Run(wheel, 200);
        Assert.Equal(["cleared"], _fired);
    }

    [Theory]
    [InlineData(70_000)]
    [InlineData(75_000)]
    [InlineData(300_000)]
    public void Deadlines_beyond_one_turn_of_the_wheel_fire_in_time(int milliseconds)
    {
        var wheel = new TimerWheel(_now);
        wheel.Set(new Named(this, "far"), _now + milliseconds);
        Run(wheel, milliseconds - 20);
        Assert.Empty(_fired);
        Run(wheel, 60);
        Assert.Equal(["far"], _fired);
    }

    [Fact]
    public void What_fires_may_set_deadlines_again_and_remove_others()
    {
        var wheel = new TimerWheel(_now);
        var victim = new Named(this, "victim");
        var count = 0;
        Named again = null!;
        again = new Named(this, "again", () =>
        {
            wheel.Remove(victim);
            if (++count < 3)
            {
                wheel.Set(again, _now + 50);
            }
        });
        wheel.Set(victim, _now + 100);
        wheel.Set(again, _now + 100);
        Run(wheel, 1000);
        Assert.Equal(3, _fired.Count(name => name == "again"));
    }

    [Fact]
    public void The_wheel_says_how_long_the_shard_may_sleep()
    {
        var wheel = new TimerWheel(_now);
        Assert.Equal(-1, wheel.MillisecondsUntilNext(_now));
        wheel.Set(new Named(this, "a"), _now + 1000);
        Assert.InRange(wheel.MillisecondsUntilNext(_now), 1000, 1000 + (2 * TimerWheel.TickMilliseconds));
    }

    [Fact]
    public void Random_deadlines_fire_within_a_tick_of_their_time()
    {
        var random = new Random(7);
        var wheel = new TimerWheel(_now);
        var due = new Dictionary<string, long>();
        for (var i = 0; i < 2000; i++)
        {
            var name = i.ToString(System.Globalization.CultureInfo.InvariantCulture);
            due[name] = _now + random.Next(1, 200_000);
            wheel.Set(new Named(this, name, () => Assert.InRange(_now - due[name], 0, 3 * TimerWheel.TickMilliseconds)), due[name]);
        }

        Run(wheel, 201_000);
        Assert.Equal(2000, _fired.Count);
    }

    private void Run(TimerWheel wheel, int milliseconds)
    {
        for (var end = _now + milliseconds; _now < end;)
        {
            _now = Math.Min(end, _now + 7);
            wheel.Advance(_now);
        }
    }

    private sealed class Named(TimerWheelTests test, string name, Action? action = null) : Deadline
    {
        protected internal override void OnDue()
        {
            test._fired.Add(name);
            action?.Invoke();
        }
    }
}
