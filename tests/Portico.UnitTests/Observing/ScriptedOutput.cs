using System.Text;
using Portico.Proxy.Observing.Output;

namespace Portico.UnitTests.Observing;

/// <summary>An output that takes what a script lets it take, and can be held up like a full pipe.</summary>
internal sealed class ScriptedOutput(Func<int, int>? take = null) : ILogOutput
{
    private readonly object _gate = new();
    private readonly List<byte> _written = [];
    private bool _held;

    /// <summary>Whether a writer waits.</summary>
    public bool IsBlocking { get; private set; }

    public string Text
    {
        get
        {
            lock (_gate)
            {
                return Encoding.Latin1.GetString([.. _written]);
            }
        }
    }

    public void Hold()
    {
        lock (_gate)
        {
            _held = true;
        }
    }

    public void Release()
    {
        lock (_gate)
        {
            _held = false;
            Monitor.PulseAll(_gate);
        }
    }

    public void Refresh()
    {
    }

    public int Write(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            while (_held)
            {
                IsBlocking = true;
                Monitor.Wait(_gate);
            }

            var count = take?.Invoke(bytes.Length) ?? bytes.Length;
            _written.AddRange(bytes[..Math.Max(0, count)]);
            return count;
        }
    }
}
