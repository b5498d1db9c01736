namespace Portico.Kubernetes.Sources;

/// <summary>The times and limits of a folder source; tests change them.</summary>
internal sealed record FolderSourceSettings
{
    /// <summary>After an event, files are read when nothing more happened for this long, </summary>
    public TimeSpan QuietTime { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>or after this long at the latest.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How often that is looked at of which no events come.</summary>
    public TimeSpan RescanInterval { get; init; } = TimeSpan.FromSeconds(1);

    public long MaxFileBytes { get; init; } = 64 << 20;

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public Func<IFileNotifier> Notifier { get; init; } = Inotify.Open;
}
