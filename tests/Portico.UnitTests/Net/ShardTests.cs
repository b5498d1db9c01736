using System.Collections.Concurrent;
using Portico.Net;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.UnitTests.Net;

public class ShardTests
{
    [Fact]
    public async Task What_several_threads_post_runs_on_the_shard_in_the_order_of_each_thread()
    {
        const int Threads = 4;
        const int Posts = 5000;
        await using var shard = new ShardThread();
        var seen = new List<(int Thread, int Number)>();
        var owners = new HashSet<Shard?>();
        var threads = Enumerable.Range(0, Threads).Select(thread => new Thread(() =>
        {
            for (var i = 0; i < Posts; i++)
            {
                var number = i;
                shard.Shard.Post(
                    _ =>
                    {
                        owners.Add(Shard.Current);
                        seen.Add((thread, number));
                    },
                    null);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Equal(Threads * Posts, await shard.InvokeAsync(() => seen.Count));
        Assert.Equal([shard.Shard], owners);
        foreach (var thread in seen.GroupBy(s => s.Thread))
        {
            Assert.Equal(Enumerable.Range(0, Posts), thread.Select(s => s.Number));
        }
    }

    [Fact]
    public async Task What_is_posted_before_the_start_runs_after_it()
    {
        var done = new TaskCompletionSource<Shard?>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var shard = new Shard(3);
        shard.Post(_ => done.SetResult(Shard.Current), null);
        Assert.False(done.Task.IsCompleted);
        shard.Start();
        Assert.Same(shard, await done.Task.Within("the action runs"));
        Assert.Null(Shard.Current);
    }

    [Fact]
    public async Task An_action_that_posts_again_does_not_keep_the_shard_from_its_sockets()
    {
        await using var shard = new ShardThread();
        var (connection, peer) = await shard.AcceptAsync();
        var stop = false;
        void Again(object? unused)
        {
            if (!Volatile.Read(ref stop))
            {
                shard.Shard.Post(Again, null);
            }
        }

        shard.Shard.Post(Again, null);
        var read = await shard.StartAsync(() => connection.ReadAsync(new byte[8], 0, 8, TimeSpan.Zero));
        peer.Send("x"u8);
        Assert.Equal(1, await read.Within("the read ends"));
        Volatile.Write(ref stop, true);
    }

    [Fact]
    public async Task What_an_action_throws_is_reported_and_the_shard_goes_on()
    {
        await using var shard = new ShardThread();
        shard.Shard.Post(static _ => throw new InvalidOperationException("a defect"), null);
        Assert.Equal(7, await shard.InvokeAsync(() => 7));
        Assert.Equal("a defect", Assert.Single(shard.Defects).Message);
    }

    [Fact]
    public async Task What_an_invoked_function_throws_reaches_its_caller()
    {
        await using var shard = new ShardThread();
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => shard.InvokeAsync<int>(() => throw new InvalidOperationException("mine")));
        Assert.Equal("mine", failure.Message);
        Assert.Empty(shard.Defects);
    }

    [Fact]
    public async Task What_a_timer_throws_is_reported_and_the_shard_goes_on()
    {
        await using var shard = new ShardThread();
        await shard.InvokeAsync(() =>
        {
            shard.Shard.Timers.Set(new Failing(), shard.Shard.NowMilliseconds);
            return true;
        });
        await Eventually.TrueAsync(() => !shard.Defects.IsEmpty, "the timer's defect is reported");
        Assert.Equal(7, await shard.InvokeAsync(() => 7));
    }

    [Fact]
    public async Task The_clock_does_not_go_back()
    {
        await using var shard = new ShardThread();
        var times = new ConcurrentQueue<long>();
        for (var i = 0; i < 100; i++)
        {
            times.Enqueue(await shard.InvokeAsync(() => shard.Shard.NowTicks));
        }

        Assert.Equal(times.Order(), times);
    }

    [Fact]
    public async Task Closed_connections_are_not_counted()
    {
        await using var shard = new ShardThread();
        var (first, _) = await shard.AcceptAsync();
        var (second, _) = await shard.AcceptAsync();
        Assert.Equal(2, await shard.InvokeAsync(() => shard.Shard.ConnectionCount));
        Assert.Equal(0, await shard.InvokeAsync(() =>
        {
            first.Close();
            first.Close();
            shard.Shard.ForEachConnection(connection => connection.Abort());
            return shard.Shard.ConnectionCount;
        }));
        Assert.True(second.IsClosed);
    }

    private sealed class Failing : Portico.Net.Timers.Deadline
    {
        protected internal override void OnDue() => throw new InvalidOperationException("a defect of a timer");
    }
}
