using Portico.Net.Native;

namespace Portico.Net.Sockets;

/// <summary>A pipe that bytes pass on their way from one socket to another without being copied to us.</summary>
public sealed class SplicePipe
{
    /// <summary>Bytes asked for; the kernel gives 64 KB to whoever has too many pipes.</summary>
    public const int WantedSize = 256 * 1024;

    internal int Read { get; init; }

    internal int Write { get; init; }

    /// <summary>Bytes inside.</summary>
    public int Held { get; internal set; }
}

/// <summary>The free pipes of a shard. Used on its thread only; whoever rents one returns it empty, or gives it up.</summary>
public sealed class SplicePipes
{
    private const int MostFree = 64;

    private readonly Stack<SplicePipe> _free = new();

    /// <summary>A free pipe, or null when the system has none left: bytes are copied then.</summary>
    public unsafe SplicePipe? Rent()
    {
        if (_free.TryPop(out var free))
        {
            return free;
        }

        var ends = stackalloc int[2];
        if (Libc.Pipe(ends) < 0)
        {
            return null;
        }

        _ = Libc.SetPipeSize(ends[1], SplicePipe.WantedSize);
        return new SplicePipe { Read = ends[0], Write = ends[1] };
    }

    /// <summary>A pipe that still holds bytes of a connection that broke is of no use to anybody.</summary>
    public void Return(SplicePipe pipe)
    {
        if (pipe.Held == 0 && _free.Count < MostFree)
        {
            _free.Push(pipe);
            return;
        }

        _ = Libc.Close(pipe.Read);
        _ = Libc.Close(pipe.Write);
    }

    /// <summary>Closes all free pipes, when the shard ends.</summary>
    public void Close()
    {
        while (_free.TryPop(out var pipe))
        {
            _ = Libc.Close(pipe.Read);
            _ = Libc.Close(pipe.Write);
        }
    }
}
