namespace Portico.Net.Dns;

/// <summary>
/// A small file, parsed again when its time or size changes; looked at whenever it is asked for. A file that cannot be read counts as
/// empty. From any thread.
/// </summary>
internal sealed class WatchedFile<T>(string path, Func<string, T> parse)
    where T : class
{
    private Version? _latest;

    public T Read()
    {
        var (time, length) = LookAt();
        var latest = Volatile.Read(ref _latest);
        if (latest is null || latest.Time != time || latest.Length != length)
        {
            latest = new Version(time, length, parse(ReadText()));
            Volatile.Write(ref _latest, latest);
        }

        return latest.Content;
    }

    private (DateTime Time, long Length) LookAt()
    {
        try
        {
            var file = new FileInfo(path);
            return (file.LastWriteTimeUtc, file.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }

    private string ReadText()
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private sealed record Version(DateTime Time, long Length, T Content);
}
