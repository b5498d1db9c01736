namespace Portico.Kubernetes.Sources;

/// <summary>Something happened to a name in a watched folder, or to the folder itself if the name is empty.</summary>
internal readonly record struct FileEvent(int Watch, FileEvents What, string Name);

/// <summary>The values are those of inotify(7).</summary>
[Flags]
internal enum FileEvents : uint
{
    None = 0,
    AttributesChanged = 0x4,
    ClosedAfterWriting = 0x8,
    MovedFrom = 0x40,
    MovedTo = 0x80,
    Created = 0x100,
    Deleted = 0x200,
    FolderDeleted = 0x400,
    FolderMoved = 0x800,
    Unmounted = 0x2000,
    Overflow = 0x4000,
    WatchEnded = 0x8000,
}

/// <summary>Tells of changes in folders. Used by the source's thread, except <see cref="Wake"/>.</summary>
internal interface IFileNotifier : IDisposable
{
    /// <summary>Why changes are not told at all; null if they are.</summary>
    string? Unavailable { get; }

    /// <summary>The watch's number, the same for the same folder however it is named; negative if it cannot be watched.</summary>
    int Add(string folder);

    void Remove(int watch);

    /// <summary>Waits for events, for <see cref="Wake"/>, or for the time to pass. True if events came.</summary>
    bool Wait(TimeSpan longest, List<FileEvent> events);

    /// <summary>Ends the present or the next wait. Any thread.</summary>
    void Wake();
}
