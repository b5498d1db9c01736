using System.Runtime.InteropServices;

namespace Portico.Proxy.Observing.Output;

/// <summary>
/// Standard output, standard error or a file. A file is opened for appending, and again when somebody has renamed or removed
/// it (log rotation), when <see cref="Reopen"/> asks for it, or when <see cref="Path"/> changes. A file that cannot be
/// opened is tried again every second; until then access lines are refused, but errors go to standard error: they must be seen.
/// </summary>
internal sealed class DescriptorOutput : ILogOutput
{
    private const int StandardOutput = 1;
    private const int StandardError = 2;
    private const int None = -1;
    private const long CheckIntervalMilliseconds = 1000;

    private readonly int _standard;
    private volatile string _path;
    private volatile bool _reopen = true;
    private int _descriptor = None;
    private bool _failed;
    private string? _reported;
    private string? _linkAtOpening;
    private long _nextCheck;

    private DescriptorOutput(string path, int standard)
    {
        _path = path;
        _standard = standard;
    }

    /// <param name="path">A file, or empty for standard output.</param>
    public static DescriptorOutput OrStandardOutput(string path) => new(path, StandardOutput);

    /// <param name="path">A file, or empty for standard error.</param>
    public static DescriptorOutput OrStandardError(string path) => new(path, StandardError);

    /// <summary>May be changed from any thread; the writer follows before its next write.</summary>
    public string Path
    {
        get => _path;
        set
        {
            if (_path != value)
            {
                _path = value;
                _reopen = true;
            }
        }
    }

    /// <summary>Told once, by the writer's thread, when a file cannot be opened.</summary>
    public Action<string>? Failed { get; set; }

    /// <summary>From any thread, e.g. on SIGUSR1.</summary>
    public void Reopen() => _reopen = true;

    public int Write(ReadOnlySpan<byte> bytes)
    {
        if (_descriptor == None)
        {
            return -NativeLogFile.EBADF;
        }

        int count;
        do
        {
            count = NativeLogFile.Write(_descriptor, bytes);
        }
        while (count == -NativeLogFile.EINTR);
        return count;
    }

    public void Refresh()
    {
        var now = Environment.TickCount64;
        if (_reopen || (now >= _nextCheck && WasMovedAway()))
        {
            _reopen = false;
            Close();
            Open();
        }

        _nextCheck = now >= _nextCheck ? now + CheckIntervalMilliseconds : _nextCheck;
    }

    private void Open()
    {
        _descriptor = _path switch
        {
            "" => _standard,
            // Opening these by name fails when they are sockets.
            "/dev/stdout" => StandardOutput,
            "/dev/stderr" => StandardError,
            var path => NativeLogFile.OpenForAppend(path),
        };
        _failed = _descriptor < 0;
        if (_failed)
        {
            Report(-_descriptor);
            _descriptor = _standard == StandardError ? StandardError : None;
        }
        else
        {
            _reported = null;
        }

        _linkAtOpening = IsFile ? LinkOfDescriptor() : null;
    }

    /// <summary>The opening is tried again every second, and told only once.</summary>
    private void Report(int errno)
    {
        if (_reported != _path)
        {
            _reported = _path;
            var instead = _standard == StandardError ? "its lines go to standard error" : "its lines are lost";
            Failed?.Invoke($"the log file {_path} cannot be opened ({Marshal.GetPInvokeErrorMessage(errno)}); {instead} until it can");
        }
    }

    private void Close()
    {
        if (IsFile)
        {
            NativeLogFile.CloseDescriptor(_descriptor);
        }

        _descriptor = None;
    }

    /// <summary>The kernel names the file of an open descriptor: after a rename by its new name, after removal with "(deleted)".</summary>
    private bool WasMovedAway() => _failed || (IsFile && LinkOfDescriptor() != _linkAtOpening);

    private bool IsFile => _descriptor > StandardError;

    private string? LinkOfDescriptor()
    {
        try
        {
            return new FileInfo($"/proc/self/fd/{_descriptor}").LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
