namespace Portico.Kubernetes.Events;

/// <summary>How many events may be written; those of an object are the field's own (client-go's spam filter).</summary>
public sealed record EventLimits
{
    /// <summary>Events that wait.</summary>
    public int Queue { get; init; } = 2000;

    public double Burst { get; init; } = 100;

    public double PerSecond { get; init; } = 10;

    public double BurstOfAnObject { get; init; } = 25;

    /// <summary>One in five minutes.</summary>
    public double PerSecondOfAnObject { get; init; } = 1 / 300.0;

    /// <summary>Events and objects that are remembered.</summary>
    public int Remembered { get; init; } = 4096;

    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(10);
}
