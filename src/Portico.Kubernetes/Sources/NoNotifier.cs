namespace Portico.Kubernetes.Sources;

/// <summary>
/// Tells nothing. With a cause it stands in where the kernel gives no inotify, and the folders are scanned again and
/// again; without one nobody wants to know.
/// </summary>
internal sealed class NoNotifier(string? cause) : IFileNotifier
{
    private readonly AutoResetEvent _wake = new(false);

    public string? Unavailable { get; } = cause;

    public int Add(string folder) => 0;

    public void Remove(int watch)
    {
    }

    public bool Wait(TimeSpan longest, List<FileEvent> events)
    {
        _wake.WaitOne(longest);
        return false;
    }

    public void Wake() => _wake.Set();

    public void Dispose() => _wake.Dispose();
}
