namespace Portico.UnitTests;

internal static class Allocated
{
    /// <summary>
    /// What a piece of work allocates on this thread when it is done over and over: of several measurements the least, because the runtime
    /// compiles anew beside them, and what it then needs counts for this thread.
    /// </summary>
    /// <param name="times">How often it is done in each measurement, and once more before the first.</param>
    public static long AtLeast(Action work, int times = 100)
    {
        Repeat(work, times);
        return Enumerable.Range(0, 5).Min(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Repeat(work, times);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        });
    }

    private static void Repeat(Action work, int times)
    {
        for (var i = 0; i < times; i++)
        {
            work();
        }
    }
}
