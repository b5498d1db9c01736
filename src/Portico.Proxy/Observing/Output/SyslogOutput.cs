using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Portico.Model;
using Portico.Proxy.Observing.ErrorLog;

namespace Portico.Proxy.Observing.Output;

/// <summary>
/// Lines as datagrams to a syslog server, in the form that nginx gives them (RFC 3164): facility local7, the tag <c>nginx</c>, no line end.
/// Used by one writer thread. What cannot be sent is lost, as datagrams are.
/// </summary>
internal sealed class SyslogOutput(SyslogSettings settings, Action<string>? failed) : ILogOutput, IDisposable
{
    private const int Local7 = 23 * 8;
    private const int Informational = 6;

    /// <summary>What a datagram holds at most; longer lines are cut.</summary>
    private const int MostBytes = 65_000;

    private const int EBADF = -NativeLogFile.EBADF;

    private static readonly TimeSpan LookUpAgain = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan TryAgain = TimeSpan.FromSeconds(1);
    private static readonly string Host = Environment.MachineName;

    private readonly byte[] _datagram = new byte[MostBytes];
    private readonly List<byte> _beginning = [];
    private Socket? _socket;
    private SocketAddress? _address;
    private Task<IPAddress[]>? _lookUp;
    private long _nextLookUp;
    private bool _reported;

    /// <summary>Brings an output to what the configuration says. On the writer's thread.</summary>
    public static void Follow(ref SyslogOutput? output, SyslogSettings? wanted, Action<string>? failed)
    {
        if (output?.Settings != wanted)
        {
            output?.Dispose();
            output = wanted is null ? null : new SyslogOutput(wanted, failed);
        }
    }

    /// <summary>The numbers of syslog count the other way round.</summary>
    public static int SeverityOf(ErrorLogLevel level) => (int)ErrorLogLevel.Emerg - (int)level;

    public SyslogSettings Settings => settings;

    /// <summary>Looks the name up now and then, beside the writer's thread: what was known before holds until there is an answer.</summary>
    public void Refresh()
    {
        var now = Environment.TickCount64;
        if (_lookUp is null && now >= _nextLookUp)
        {
            _lookUp = IPAddress.TryParse(settings.Host, out var literal) ? Task.FromResult<IPAddress[]>([literal]) : Dns.GetHostAddressesAsync(settings.Host);
        }

        if (_lookUp is not { IsCompleted: true } done)
        {
            return;
        }

        _lookUp = null;
        var address = done.IsCompletedSuccessfully ? done.Result.FirstOrDefault() : null;
        _nextLookUp = now + (long)(address is null ? TryAgain : LookUpAgain).TotalMilliseconds;
        if (address is not null)
        {
            Use(new IPEndPoint(address, settings.Port));
        }
        else if (!_reported)
        {
            _reported = true;
            failed?.Invoke($"the syslog server {settings.Host} has no address ({done.Exception?.InnerException?.Message ?? "none was found"}); its lines are lost until it has");
        }
    }

    /// <summary>Takes lines of the access log, of which the last may come in two parts.</summary>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        if (_socket is null)
        {
            return EBADF;
        }

        var left = bytes;
        for (var end = left.IndexOf((byte)'\n'); end >= 0; end = left.IndexOf((byte)'\n'))
        {
            if (_beginning.Count > 0)
            {
                _beginning.AddRange(left[..end]);
                Send(Informational, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_beginning));
                _beginning.Clear();
            }
            else
            {
                Send(Informational, left[..end]);
            }

            left = left[(end + 1)..];
        }

        _beginning.AddRange(left);
        return bytes.Length;
    }

    /// <summary>Sends one line, without its end.</summary>
    public void Send(int severity, ReadOnlySpan<byte> line)
    {
        if (_socket is null)
        {
            return;
        }

        // The day of the month has two places, the first of which may be a blank (RFC 3164, 4.1.2).
        var now = DateTime.Now;
        var head = string.Create(CultureInfo.InvariantCulture, $"<{Local7 + severity}>{now:MMM} {now.Day,2} {now:HH:mm:ss} {Host} nginx: ");
        var length = Encoding.UTF8.GetBytes(head, _datagram);
        var taken = Math.Min(line.Length, _datagram.Length - length);
        line[..taken].CopyTo(_datagram.AsSpan(length));
        try
        {
            _socket.SendTo(_datagram.AsSpan(0, length + taken), SocketFlags.None, _address!);
        }
        catch (SocketException)
        {
            // A full queue or a missing route loses this line; the next one is tried again.
        }
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _socket = null;
    }

    private void Use(IPEndPoint server)
    {
        _reported = false;
        if (_socket?.AddressFamily != server.AddressFamily)
        {
            _socket?.Dispose();
            _socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        }

        _address = server.Serialize();
    }
}
