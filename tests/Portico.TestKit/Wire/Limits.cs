namespace Portico.TestKit.Wire;

/// <summary>How long a test waits for something that must happen before it calls it missing. Never a pause: every wait ends with its event.</summary>
public static class Limits
{
    /// <summary>One step of a conversation: a connect, a read, a write. Generous, for a machine that is busy with other tests.</summary>
    public static TimeSpan Step { get; } = TimeSpan.FromSeconds(20);

    /// <summary>A condition that takes a process or a file watcher to come true.</summary>
    public static TimeSpan Condition { get; } = TimeSpan.FromSeconds(30);
}
