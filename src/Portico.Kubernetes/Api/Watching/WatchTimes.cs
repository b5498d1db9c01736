namespace Portico.Kubernetes.Api.Watching;

/// <summary>The times of watches; tests change them.</summary>
internal sealed record WatchTimes
{
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A watch is asked to end within this time, so that a dead one is noticed within a minute.</summary>
    public (int Least, int Most) Watch { get; init; } = (40, 50);

    /// <summary>Where PING watches over the connection and watches are many, as with one for each Secret.</summary>
    public (int Least, int Most) LongWatch { get; init; } = (240, 300);

    /// <summary>What is added until a watch counts as dead.</summary>
    public TimeSpan EndOfWatch { get; init; } = TimeSpan.FromSeconds(8);

    public TimeSpan ShortWatch { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Events that come together become one batch.</summary>
    public TimeSpan Coalescing { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>How long an Ingress waits for a Secret that cannot be read.</summary>
    public TimeSpan LongestWaitForReference { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>At random, so that the watches of all replicas are not renewed in step.</summary>
    public int WatchSeconds(bool mayBeLong)
    {
        var (least, most) = mayBeLong ? LongWatch : Watch;
        return Random.Shared.Next(least, most + 1);
    }
}
