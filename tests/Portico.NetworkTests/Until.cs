using System.Diagnostics;

namespace Portico.NetworkTests;

/// <summary>Waits for conditions.</summary>
internal static class Until
{
    /// <summary>Long enough for the slowest machine; what is waited for usually takes milliseconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Asks until the answer is the wanted one.</summary>
    public static void Is(string wanted, Func<string> answer)
    {
        var last = "";
        True(() => (last = answer()) == wanted, () => $"it is '{last}' and not '{wanted}'");
    }

    public static void True(Func<bool> condition, Func<string> complaint, TimeSpan? patience = null)
    {
        var since = Stopwatch.StartNew();
        while (!condition())
        {
            if (since.Elapsed > (patience ?? Patience))
            {
                throw new TimeoutException(complaint());
            }

            Thread.Sleep(20);
        }
    }
}
