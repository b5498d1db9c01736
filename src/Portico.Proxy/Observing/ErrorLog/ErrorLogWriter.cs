using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Portico.Model;
using Portico.Proxy.Observing.Output;

namespace Portico.Proxy.Observing.ErrorLog;

/// <summary>
/// The log of what happens beside requests, in nginx's shape: <c>2026/11/21 09:30:00 [warn] text</c>. Any thread, a shard
/// too, may write at any time and never waits: messages queue up to a limit, and a thread of its own writes them.
/// </summary>
public sealed class ErrorLogWriter
{
    private const int QueueLimit = 4096;
    private const int BlockedMilliseconds = 10;

    private readonly ILogOutput _output;
    private readonly TimeProvider _time;
    private readonly ConcurrentQueue<Entry> _queue = new();
    private readonly object _sleep = new();
    private readonly Thread _thread;
    private int _queued;
    private int _asleep;
    private long _dropped;
    private volatile bool _stopping;
    private volatile SyslogSettings? _syslogWanted;
    private SyslogOutput? _syslog;

    /// <param name="path">A file (<c>error-log-path</c>), or empty for standard error.</param>
    public ErrorLogWriter(string path, TimeProvider time)
        : this(DescriptorOutput.OrStandardError(path), time)
    {
    }

    internal ErrorLogWriter(ILogOutput output, TimeProvider time)
    {
        _output = output;
        _time = time;
        _thread = new Thread(Run) { Name = "error log", IsBackground = true };
        if (output is DescriptorOutput file)
        {
            file.Failed = message => Write(ErrorLogLevel.Error, message);
        }
    }

    /// <summary>Messages below this level are not written.</summary>
    public ErrorLogLevel Threshold { get; set; } = ErrorLogLevel.Notice;

    /// <summary>Messages that were lost, because the output was too slow or failed.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    public bool IsEnabled(ErrorLogLevel level) => level >= Threshold;

    public void Start() => _thread.Start();

    public void Write(ErrorLogLevel level, string text)
    {
        if (IsEnabled(level))
        {
            Enqueue(level, text);
        }
    }

    public void Write(ErrorLogLevel level, [InterpolatedStringHandlerArgument("", nameof(level))] ref ErrorLogText text)
    {
        if (text.IsEnabled)
        {
            Enqueue(level, text.Take());
        }
    }

    /// <summary>For what a peer can cause at will; see <see cref="RepeatedMessage"/>.</summary>
    public void Write(
        ErrorLogLevel level, RepeatedMessage kind, [InterpolatedStringHandlerArgument("", nameof(level), nameof(kind))] ref ErrorLogText text)
    {
        if (text.IsEnabled)
        {
            var message = text.Take();
            Enqueue(level, text.LeftOut == 0 ? message
                : string.Create(CultureInfo.InvariantCulture, $"{message} ({text.LeftOut} more like this were left out)"));
        }
    }

    /// <summary>Follows a change of <c>error-log-path</c>. From any thread.</summary>
    public void ChangePath(string path)
    {
        if (_output is DescriptorOutput file && file.Path != path)
        {
            file.Path = path;
            Wake();
        }
    }

    /// <summary>Follows a change of <c>enable-syslog</c> and what belongs to it: messages go there as well. From any thread.</summary>
    public void ChangeSyslog(SyslogSettings? settings)
    {
        _syslogWanted = settings;
        Wake();
    }

    /// <summary>Opens the file anew, also when there is nothing to write: rotation scripts look for the new file. From any thread.</summary>
    public void Reopen()
    {
        (_output as DescriptorOutput)?.Reopen();
        Wake();
    }

    /// <summary>Writes what is queued and ends the thread. False when the output did not take everything in time.</summary>
    public bool Stop(TimeSpan limit)
    {
        _stopping = true;
        Wake();
        return (_thread.ThreadState & ThreadState.Unstarted) != 0 || _thread.Join(limit);
    }

    private void Enqueue(ErrorLogLevel level, string text)
    {
        if (Interlocked.Increment(ref _queued) > QueueLimit)
        {
            Interlocked.Decrement(ref _queued);
            Interlocked.Increment(ref _dropped);
            return;
        }

        _queue.Enqueue(new Entry(_time.GetLocalNow(), level, text));
        if (Volatile.Read(ref _asleep) != 0)
        {
            Wake();
        }
    }

    private void Wake()
    {
        lock (_sleep)
        {
            _asleep = 0;
            Monitor.Pulse(_sleep);
        }
    }

    private void Run()
    {
        var line = new StringBuilder();
        while (true)
        {
            var stopping = _stopping;
            _output.Refresh();
            SyslogOutput.Follow(ref _syslog, _syslogWanted, message => Write(ErrorLogLevel.Error, message));
            _syslog?.Refresh();
            while (_queue.TryDequeue(out var entry))
            {
                Interlocked.Decrement(ref _queued);
                var bytes = Encoding.UTF8.GetBytes(Render(line, entry));
                Send(bytes);
                _syslog?.Send(SyslogOutput.SeverityOf(entry.Level), bytes.AsSpan(0, bytes.Length - 1));
            }

            if (stopping)
            {
                return;
            }

            Sleep();
        }
    }

    private void Sleep()
    {
        lock (_sleep)
        {
            // Announced with a full barrier before the last look at the queue: no message is left lying.
            Interlocked.Exchange(ref _asleep, 1);
            if (_queue.IsEmpty && !_stopping)
            {
                Monitor.Wait(_sleep);
            }

            _asleep = 0;
        }
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var count = _output.Write(bytes);
            if (count == -NativeLogFile.EAGAIN)
            {
                Thread.Sleep(BlockedMilliseconds);
            }
            else if (count < 0)
            {
                Interlocked.Increment(ref _dropped);
                return;
            }
            else
            {
                bytes = bytes[count..];
            }
        }
    }

    private static string Render(StringBuilder line, in Entry entry)
    {
        line.Clear();
        line.Append(CultureInfo.InvariantCulture, $"{entry.Time:yyyy/MM/dd HH:mm:ss} [{ErrorLogLevels.WordOf(entry.Level)}] ");
        foreach (var c in entry.Text)
        {
            // Text may come from outside: it must not be able to begin a line of its own or speak to a terminal.
            _ = c is < ' ' or (>= '\x7f' and < '\xa0') ? line.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:X2}") : line.Append(c);
        }

        return line.Append('\n').ToString();
    }

    private readonly record struct Entry(DateTimeOffset Time, ErrorLogLevel Level, string Text);
}
