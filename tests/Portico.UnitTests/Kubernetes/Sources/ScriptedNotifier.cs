using Portico.Kubernetes.Sources;

namespace Portico.UnitTests.Kubernetes.Sources;

/// <summary>Tells what the test tells, and refuses watches beyond a limit.</summary>
internal sealed class ScriptedNotifier : IFileNotifier
{
    private readonly AutoResetEvent _wake = new(false);
    private readonly List<FileEvent> _told = [];
    private int _watches;

    public int MaxWatches { get; init; } = int.MaxValue;

    public string? Unavailable => null;

    public int Add(string folder) => _watches < MaxWatches ? _watches++ : -1;

    public void Remove(int watch)
    {
    }

    public void Tell(FileEvent told)
    {
        lock (_told)
        {
            _told.Add(told);
        }

        _wake.Set();
    }

    public bool Wait(TimeSpan longest, List<FileEvent> events)
    {
        _wake.WaitOne(longest);
        lock (_told)
        {
            events.AddRange(_told);
            var came = _told.Count > 0;
            _told.Clear();
            return came;
        }
    }

    public void Wake() => _wake.Set();

    public void Dispose() => _wake.Dispose();
}
