using System.Buffers.Binary;
using System.Text;
using Portico.Model;

namespace Portico.Proxy.Requests;

/// <summary>Who is connected to whom.</summary>
internal static partial class Variables
{
    private static readonly byte[] ProcessId = Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));
    private static readonly byte[] HostNameOfMachine = Encoding.UTF8.GetBytes(Environment.MachineName);

    private static IEnumerable<Declaration> ConnectionVariables() =>
    [
        new("remote_addr", static (c, o) => Append(o, c.ClientText)),
        new("remote_port", static (c, o) => c.ClientPort > 0 && AppendNumber(o, c.ClientPort)),
        new("binary_remote_addr", AppendBinaryClient),
        new("the_real_ip", static (c, o) => Append(o, c.ClientText)),
        new("realip_remote_addr", static (c, o) => Append(o, c.Connection.PeerText)),
        new("realip_remote_port", static (c, o) => AppendNumber(o, c.Connection.PeerPort)),
        new("proxy_protocol_addr", static (c, o) => c.Connection.Proxy is { } proxy && AppendAddress(o, proxy.Source)),
        new("proxy_protocol_port", static (c, o) => c.Connection.Proxy is { } proxy && AppendNumber(o, proxy.SourcePort)),
        new("proxy_protocol_server_addr", static (c, o) => c.Connection.Proxy is { } proxy && AppendAddress(o, proxy.Destination)),
        new("proxy_protocol_server_port", static (c, o) => c.Connection.Proxy is { } proxy && AppendNumber(o, proxy.DestinationPort)),
        new("server_addr", static (c, o) => AppendAddress(o, c.Connection.Local)),
        new("server_port", static (c, o) => AppendNumber(o, c.Connection.LocalPort)),
        new("scheme", static (c, o) => Append(o, c.ConnectionScheme)),
        new("https", static (c, o) => Append(o, c.Connection.IsTls ? "on"u8 : default)),
        new("ssl_protocol", static (c, o) => AppendUnlessEmpty(o, c.Connection.TlsProtocol)),
        new("ssl_cipher", static (c, o) => AppendUnlessEmpty(o, c.Connection.TlsCipher)),
        new("ssl_server_name", static (c, o) => AppendUnlessEmpty(o, c.Connection.TlsServerName)),
        new("ssl_session_reused", static (c, o) => c.Connection.IsTls && Append(o, c.Connection.TlsResumed ? "r"u8 : "."u8)),
        new("ssl_client_verify", static (c, o) => c.TryAppendClientVerification(o)),
        new("ssl_client_s_dn", static (c, o) => c.ClientCertificate is { } certificate && Append(o, certificate.Subject)),
        new("ssl_client_i_dn", static (c, o) => c.ClientCertificate is { } certificate && Append(o, certificate.Issuer)),
        new("ssl_client_serial", static (c, o) => c.ClientCertificate is { } certificate && Append(o, certificate.Serial)),
        new("ssl_client_fingerprint", static (c, o) => c.ClientCertificate is { } certificate && Append(o, certificate.Fingerprint)),
        new("ssl_client_v_start", static (c, o) => c.ClientCertificate is { } certificate && Append(o, certificate.ValidFrom)),
        new("ssl_client_v_end", static (c, o) => c.ClientCertificate is { } certificate && Append(o, certificate.ValidTo)),
        new("ssl_client_v_remain", static (c, o) => c.ClientCertificate is { } certificate && AppendNumber(o, certificate.DaysLeft(DateTime.UtcNow))),
        new("ssl_client_raw_cert", static (c, o) => c.ClientCertificate is { } certificate && Append(o, certificate.Pem)),
        new("ssl_client_escaped_cert", static (c, o) => c.ClientCertificate is { } certificate && Append(o, certificate.EscapedPem)),
        new("connection", static (c, o) => AppendNumber(o, c.Connection.Serial)),
        new("connection_requests", static (c, o) => AppendNumber(o, c.Connection.Requests)),
        new("pid", static (_, o) => Append(o, ProcessId)),
        new("hostname", static (_, o) => Append(o, HostNameOfMachine)),
    ];

    private static bool AppendAddress(ByteBuilder output, in ClientAddress address)
    {
        AddressText.Append(in address, output);
        return true;
    }

    /// <summary>4 or 16 bytes in network order, as rate limits use it for a key.</summary>
    private static bool AppendBinaryClient(RequestContext context, ByteBuilder output)
    {
        var client = context.Client;
        if (client.IsIPv6)
        {
            BinaryPrimitives.WriteUInt128BigEndian(output.Reserve(16), client.Bits);
            output.Advance(16);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(output.Reserve(4), (uint)client.Bits);
            output.Advance(4);
        }

        return true;
    }
}
