using System.Diagnostics;

namespace Portico.TestKit.Wire;

/// <summary>Waits for a condition that announces itself by no event, by asking again and again.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public static Task TrueAsync(Func<bool> condition, string what, TimeSpan? limit = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, limit);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? limit = null)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > (limit ?? Limits.Condition))
            {
                throw new TimeoutException($"never came true: {what}");
            }
            await Task.Delay(Pause);
        }
    }

    /// <summary>
    /// What a count of a writer comes to when the writer waits: it did not move for half a second. Only a writer that never waits could
    /// make this wrong, and that one ends at the limit.
    /// </summary>
    public static async Task<long> SettledAsync(Func<long> count)
    {
        var (last, since) = (-1L, Environment.TickCount64);
        await TrueAsync(
            () =>
            {
                if (count() != last)
                {
                    (last, since) = (count(), Environment.TickCount64);
                }

                return last > 0 && Environment.TickCount64 - since > 500;
            },
            "the writer stops");
        return last;
    }

    /// <summary>The task's result, or a failure that says what was waited for.</summary>
    public static async Task<T> Within<T>(this Task<T> task, string what, TimeSpan? limit = null)
    {
        try
        {
            return await task.WaitAsync(limit ?? Limits.Step);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"did not happen in time: {what}");
        }
    }

    public static async Task Within(this Task task, string what, TimeSpan? limit = null)
    {
        try
        {
            await task.WaitAsync(limit ?? Limits.Step);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"did not happen in time: {what}");
        }
    }
}
