using System.Runtime.CompilerServices;
using Portico.Net.Async;
using Xunit;

namespace Portico.UnitTests.Net;

public class ShardTaskMethodBuilderTests
{
    [Fact]
    public void A_method_that_never_waits_is_complete_at_once()
    {
        var task = Sum(new ValueTask<int>(3), new ValueTask<int>(4));
        Assert.True(task.IsCompletedSuccessfully);
        Assert.Equal(7, ResultOf(task));
    }

    [Fact]
    public void A_suspended_method_goes_on_inside_the_completion()
    {
        var (first, second) = (new ShardWait(), new ShardWait());
        var task = Sum(Wait(first), Wait(second));
        Assert.False(task.IsCompleted);
        first.Complete(3);
        Assert.False(task.IsCompleted);
        second.Complete(4);
        Assert.True(task.IsCompletedSuccessfully);
        Assert.Equal(7, ResultOf(task));
    }

    [Fact]
    public void A_chain_of_suspended_methods_goes_on_to_its_outer_end()
    {
        var wait = new ShardWait();
        var ended = 0;
        var task = Deep(20, wait);
        task.GetAwaiter().OnCompleted(() => ended++);
        Assert.Equal(0, ended);
        wait.Complete(1);
        Assert.Equal(1, ended);
        Assert.Equal(21, ResultOf(task));
    }

    [Fact]
    public void What_is_thrown_before_the_first_wait_comes_out_of_the_await()
    {
        var task = Fail(new ValueTask<int>(1));
        Assert.True(task.IsFaulted);
        Assert.Equal("1", Assert.Throws<InvalidOperationException>(() => ResultOf(task)).Message);
    }

    [Fact]
    public void What_is_thrown_after_a_wait_comes_out_of_the_await()
    {
        var wait = new ShardWait();
        var task = Fail(Wait(wait));
        wait.Complete(2);
        Assert.True(task.IsFaulted);
        Assert.Equal("2", Assert.Throws<InvalidOperationException>(() => ResultOf(task)).Message);
    }

    [Fact]
    public void What_is_thrown_passes_through_the_methods_that_wait()
    {
        var wait = new ShardWait();
        var task = Caught(Fail(Wait(wait)));
        wait.Complete(5);
        Assert.Equal("5", ResultOf(task));
    }

    [Fact]
    public void A_failure_does_not_stick_to_its_box()
    {
        for (var i = 0; i < 3; i++)
        {
            var wait = new ShardWait();
            var failing = Fail(Wait(wait));
            wait.Complete(1);
            Assert.Throws<InvalidOperationException>(() => ResultOf(failing));
            var task = Sum(Wait(wait), new ValueTask<int>(1));
            wait.Complete(1);
            Assert.Equal(2, ResultOf(task));
        }
    }

    [Fact]
    public void A_task_is_awaited_once()
    {
        var wait = new ShardWait();
        var task = Sum(Wait(wait), new ValueTask<int>(1));
        wait.Complete(1);
        Assert.Equal(2, ResultOf(task));
        Assert.Throws<InvalidOperationException>(() => ResultOf(task));
    }

    [Fact]
    public void Suspending_over_and_over_allocates_nothing()
    {
        var wait = new ShardWait();
        Assert.Equal(0, Allocated.AtLeast(() => Suspend(wait, 10_000), times: 1));
    }

    [Fact]
    public void As_many_boxes_as_were_suspended_at_once_are_used_again()
    {
        var waits = Enumerable.Range(0, 1000).Select(_ => new ShardWait()).ToArray();
        var tasks = new ValueTask<int>[waits.Length];
        Assert.Equal(0, Allocated.AtLeast(() => SuspendAll(waits, tasks), times: 1));
    }

    private static void Suspend(ShardWait wait, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var task = Deep(3, wait);
            wait.Complete(i);
            if (ResultOf(task) != i + 3)
            {
                throw new InvalidOperationException("a wrong result");
            }
        }
    }

    private static void SuspendAll(ShardWait[] waits, ValueTask<int>[] tasks)
    {
        for (var i = 0; i < waits.Length; i++)
        {
            tasks[i] = Deep(3, waits[i]);
        }

        foreach (var wait in waits)
        {
            wait.Complete(1);
        }

        foreach (ref var task in tasks.AsSpan())
        {
            _ = ResultOf(task);
        }
    }

    private static T ResultOf<T>(in ValueTask<T> task) => task.GetAwaiter().GetResult();

    private static ValueTask<int> Wait(ShardWait wait) => wait.Begin();

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private static async ValueTask<int> Sum(ValueTask<int> first, ValueTask<int> second) => await first + await second;

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private static async ValueTask<int> Deep(int depth, ShardWait wait) => depth == 0 ? await Wait(wait) : 1 + await Deep(depth - 1, wait);

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private static async ValueTask<int> Fail(ValueTask<int> wait) =>
        throw new InvalidOperationException((await wait).ToString(System.Globalization.CultureInfo.InvariantCulture));

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private static async ValueTask<string> Caught(ValueTask<int> failing)
    {
        try
        {
            await failing;
            return "";
        }
        catch (InvalidOperationException e)
        {
            return e.Message;
        }
    }
}
