using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Portico.Model;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Streams;

/// <summary>Adds a variable's value; returns false and adds nothing when it is unset.</summary>
internal delegate bool StreamVariable(StreamSession session, ByteBuilder output);

/// <summary>The variables of nginx's stream module that Portico knows, for <c>log-format-stream</c>: each name stands once, whole.</summary>
internal static class StreamVariables
{
    private static readonly FrozenDictionary<string, StreamVariable> All = new Dictionary<string, StreamVariable>
    {
        ["remote_addr"] = static (s, o) => Address(o, s.Client),
        ["remote_port"] = static (s, o) => Number(o, s.ClientPort),
        ["binary_remote_addr"] = BinaryAddress,
        ["realip_remote_addr"] = static (s, o) => Address(o, s.Peer),
        ["realip_remote_port"] = static (s, o) => Number(o, s.PeerPort),
        ["proxy_protocol_addr"] = static (s, o) => s.Proxy is { } proxy && Address(o, proxy.Source),
        ["proxy_protocol_port"] = static (s, o) => s.Proxy is { } proxy && Number(o, proxy.SourcePort),
        ["proxy_protocol_server_addr"] = static (s, o) => s.Proxy is { } proxy && Address(o, proxy.Destination),
        ["proxy_protocol_server_port"] = static (s, o) => s.Proxy is { } proxy && Number(o, proxy.DestinationPort),
        ["server_addr"] = static (s, o) => Address(o, s.Local),
        ["server_port"] = static (s, o) => Number(o, s.LocalPort),
        ["protocol"] = static (s, o) => Text(o, s.Protocol == StreamProtocol.Tcp ? "TCP"u8 : "UDP"u8),
        ["status"] = static (s, o) => Number(o, s.Status),
        ["bytes_sent"] = static (s, o) => Number(o, s.BytesToClient),
        ["bytes_received"] = static (s, o) => Number(o, s.BytesFromClient),
        ["session_time"] = static (s, o) => Seconds(o, s.EndedMilliseconds - s.StartedMilliseconds),
        ["connection"] = static (s, o) => Number(o, s.Serial),
        ["time_local"] = static (s, o) => ClockText.AppendLogTime(o, s.EndedUtcTicks),
        ["time_iso8601"] = static (s, o) => ClockText.AppendIso8601(o, s.EndedUtcTicks),
        ["msec"] = static (s, o) => Seconds(o, ClockText.UnixMilliseconds(s.EndedUtcTicks)),
        ["proxy_upstream_name"] = static (s, o) => s.UpstreamName.Length > 0 && Text(o, s.UpstreamName),
        ["upstream_addr"] = Endpoints,
        ["upstream_bytes_sent"] = static (s, o) => s.ConnectedMilliseconds >= 0 && Number(o, s.BytesFromClient),
        ["upstream_bytes_received"] = static (s, o) => s.ConnectedMilliseconds >= 0 && Number(o, s.BytesToClient),
        ["upstream_connect_time"] = static (s, o) => s.ConnectedMilliseconds >= 0 && Seconds(o, s.ConnectedMilliseconds - s.StartedMilliseconds),
        ["upstream_first_byte_time"] = static (s, o) => s.FirstByteMilliseconds >= 0 && Seconds(o, s.FirstByteMilliseconds - s.StartedMilliseconds),
        ["upstream_session_time"] = static (s, o) => s.ConnectedMilliseconds >= 0 && Seconds(o, s.EndedMilliseconds - s.StartedMilliseconds),
        ["ssl_preread_server_name"] = static (s, o) => s.ServerName.Length > 0 && Text(o, s.ServerName),
        ["hostname"] = static (_, o) => Text(o, Environment.MachineName),
        ["pid"] = static (_, o) => Number(o, Environment.ProcessId),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <param name="name">Lower case, without the dollar sign.</param>
    public static bool TryFind(string name, [NotNullWhen(true)] out StreamVariable? variable) => All.TryGetValue(name, out variable);

    private static bool Address(ByteBuilder output, in ClientAddress address)
    {
        AddressText.Append(in address, output);
        return true;
    }

    private static bool BinaryAddress(StreamSession session, ByteBuilder output)
    {
        Span<byte> bytes = stackalloc byte[16];
        session.Client.ToIPAddress().TryWriteBytes(bytes, out var length);
        output.Append(bytes[..length]);
        return true;
    }

    /// <summary>Several tries are joined as nginx joins them.</summary>
    private static bool Endpoints(StreamSession session, ByteBuilder output)
    {
        for (var i = 0; i < session.Attempts.Count; i++)
        {
            output.Append(i > 0 ? ", "u8 : default);
            output.Append(session.Attempts[i].TextBytes);
        }

        return session.Attempts.Count > 0;
    }

    private static bool Number(ByteBuilder output, long value)
    {
        output.AppendDecimal(value);
        return true;
    }

    private static bool Seconds(ByteBuilder output, long milliseconds)
    {
        output.AppendSeconds(milliseconds);
        return true;
    }

    private static bool Text(ByteBuilder output, ReadOnlySpan<byte> text)
    {
        output.Append(text);
        return true;
    }

    private static bool Text(ByteBuilder output, string text)
    {
        output.Append(text);
        return true;
    }
}
