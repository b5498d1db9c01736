using System.Text;

namespace Portico.Demo;

/// <summary>Follows a file that grows, line by line.</summary>
internal static class LogTail
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Calls <paramref name="onLine"/> for each complete line until stopped, and for those written before the stop.</summary>
    public static async Task FollowAsync(string path, Action<string> onLine, CancellationToken stop)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var buffer = new byte[16 * 1024];
        var line = new List<byte>();
        while (true)
        {
            var stopping = stop.IsCancellationRequested;
            int read;
            while ((read = file.Read(buffer)) > 0)
            {
                TakeLines(buffer.AsSpan(0, read), line, onLine);
            }

            if (stopping)
            {
                return;
            }

            await Task.Delay(Pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static void TakeLines(ReadOnlySpan<byte> bytes, List<byte> line, Action<string> onLine)
    {
        foreach (var b in bytes)
        {
            if (b == '\n')
            {
                onLine(Encoding.UTF8.GetString([.. line]));
                line.Clear();
            }
            else
            {
                line.Add(b);
            }
        }
    }
}
