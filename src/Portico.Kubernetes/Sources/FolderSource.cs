using System.Threading.Channels;
using Portico.Kubernetes.Manifests;

namespace Portico.Kubernetes.Sources;

/// <summary>
/// The objects of manifest files: each path is a file or a folder tree, watched. Runs on one thread of its own;
/// many files at once are read on the thread pool.
/// </summary>
public sealed class FolderSource : IResourceSource
{
    /// <summary>Below this, handing files to other threads costs more than it saves.</summary>
    private const int FewFiles = 8;

    private readonly Channel<SourceBatch> _batches = Channel.CreateUnbounded<SourceBatch>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private readonly FolderSourceSettings _settings;
    private readonly IFileNotifier _notifier;
    private readonly ProblemLedger _problems = new();
    private readonly FolderTree _tree;
    private readonly ManifestSet _objects;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stops;
    private bool _hasBegun;
    private bool _synced;
    private int _disposals;
    private Thread? _thread;

    public FolderSource(IReadOnlyList<string> paths)
        : this(paths, new FolderSourceSettings())
    {
    }

    internal FolderSource(IReadOnlyList<string> paths, FolderSourceSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfZero(paths.Count, nameof(paths));
        _settings = settings;
        _notifier = settings.Notifier();
        _tree = new FolderTree(paths, _notifier, _problems, settings);
        _objects = new ManifestSet(_problems, settings.Clock.GetUtcNow());
    }

    public ChannelReader<SourceBatch> Batches => _batches.Reader;

    /// <summary>How many files were read since the start.</summary>
    internal int FilesRead { get; private set; }

    /// <summary>Reads the paths once, watching nothing.</summary>
    public static SourceBatch ReadOnce(IReadOnlyList<string> paths)
    {
        var source = new FolderSource(paths, new FolderSourceSettings { Notifier = static () => new NoNotifier(cause: null) });
        try
        {
            source._tree.Scan();
            source.Emit();
            return source._batches.Reader.TryRead(out var batch) ? batch : new SourceBatch();
        }
        finally
        {
            source._notifier.Dispose();
        }
    }

    public void Start()
    {
        _thread = new Thread(Run) { Name = "folder source", IsBackground = true };
        _thread.Start();
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Increment(ref _disposals) > 1)
        {
            await _ended.Task.ConfigureAwait(false);
            return;
        }

        _stops = true;
        _notifier.Wake();
        if (_thread is null)
        {
            _ended.SetResult();
        }

        await _ended.Task.ConfigureAwait(false);
        _batches.Writer.TryComplete();
        _notifier.Dispose();
    }

    private void Run()
    {
        Exception? fault = null;
        try
        {
            _tree.Scan();
            Emit();
            Follow();
        }
#pragma warning disable CA1031 // The reader of the channel is told; a thread of the gateway must not end the process.
        catch (Exception error)
#pragma warning restore CA1031
        {
            fault = error;
        }

        _batches.Writer.TryComplete(fault);
        _ended.SetResult();
    }

    private void Follow()
    {
        var events = new List<FileEvent>();
        var lastTick = _settings.Clock.GetTimestamp();
        while (!_stops)
        {
            var wait = _settings.RescanInterval - _settings.Clock.GetElapsedTime(lastTick);
            wait = wait < _tree.UntilDue ? wait : _tree.UntilDue;
            if (_notifier.Wait(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, events))
            {
                WaitForQuiet(events);
            }

            events.ForEach(_tree.Note);
            events.Clear();
            _tree.Turn();
            if (_settings.Clock.GetElapsedTime(lastTick) >= _settings.RescanInterval)
            {
                _tree.Tick();
                lastTick = _settings.Clock.GetTimestamp();
            }

            Emit();
        }
    }

    /// <summary>A set of files that is written in one go becomes one batch.</summary>
    private void WaitForQuiet(List<FileEvent> events)
    {
        var began = _settings.Clock.GetTimestamp();
        while (!_stops && _notifier.Wait(_settings.QuietTime, events) && _settings.Clock.GetElapsedTime(began) < _settings.LongestWait)
        {
        }
    }

    /// <summary>Reads what is to be read and tells what came of it.</summary>
    private void Emit()
    {
        // Files of the first scan are all equally old.
        if (_hasBegun)
        {
            _objects.Advance(_settings.Clock.GetUtcNow());
        }

        _hasBegun = true;

        foreach (var file in _tree.Gone)
        {
            _objects.Remove(file);
        }

        _tree.Gone.Clear();
        ManifestFile[] changed = [.. _tree.Changed.Order()];
        _tree.Changed.Clear();
        var readings = ReadAll(changed);
        for (var i = 0; i < changed.Length; i++)
        {
            Take(changed[i], readings[i]);
        }

        var (changes, problems) = (_objects.TakeChanges(), _problems.TakeNews());
        var becameSynced = !_synced && _tree.AllScanned;
        _synced |= becameSynced;
        if (changes.Count > 0 || problems.Count > 0 || becameSynced)
        {
            _batches.Writer.TryWrite(new SourceBatch
            {
                Changes = changes,
                Problems = problems,
                Synced = _synced,
                SkippedDocuments = _objects.SkippedDocuments,
            });
        }
    }

    private FileReading[] ReadAll(ManifestFile[] files)
    {
        FilesRead += files.Length;
        var readings = new FileReading[files.Length];
        if (files.Length < FewFiles)
        {
            for (var i = 0; i < files.Length; i++)
            {
                readings[i] = FileReading.Read(files[i], _settings.MaxFileBytes);
            }
        }
        else
        {
            Parallel.For(0, files.Length, i => readings[i] = FileReading.Read(files[i], _settings.MaxFileBytes));
        }

        return readings;
    }

    private void Take(ManifestFile file, FileReading reading)
    {
        // Deleted since it was looked at: its folder's event is on the way. A link that leads nowhere is another matter.
        if (reading.Status.Kind == FileKind.Missing && FileStatus.OfLink(file.Path).Kind == FileKind.Missing)
        {
            return;
        }

        // A status that a later write could share proves nothing the next time.
        file.Status = reading.Status.IsRecent() ? null : reading.Status;
        file.Unreadable = reading.Content is null;
        if (reading.Content is { } content)
        {
            _objects.Update(file, content);
        }
        else
        {
            _objects.Unreadable(file, reading.Cause);
        }
    }
}
