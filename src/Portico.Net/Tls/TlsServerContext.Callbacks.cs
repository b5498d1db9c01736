using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Portico.Net.Tls.Native;

namespace Portico.Net.Tls;

/// <summary>
/// What OpenSSL asks in the middle of a handshake. It asks on the thread that runs <see cref="TlsSession.Handshake"/>, so the session in
/// question is a thread-static and no native pointer to managed data exists that could outlive it.
/// </summary>
public sealed unsafe partial class TlsServerContext
{
    private static void RegisterCallbacks(nint context, bool withProtocols, bool withTicketKeys, bool withStapling)
    {
        delegate* unmanaged[Cdecl]<nint, int*, nint, int> onClientHello = &OnClientHello;
        delegate* unmanaged[Cdecl]<nint, int*, nint, int> onServerName = &OnServerName;
        LibSsl.SSL_CTX_set_client_hello_cb(context, onClientHello, 0);
        LibSsl.SSL_CTX_callback_ctrl(context, LibSsl.ControlSetServerNameCallback, onServerName);
        if (withTicketKeys)
        {
            delegate* unmanaged[Cdecl]<nint, byte*, byte*, nint, nint, int, int> onTicketKey = &OnTicketKey;
            LibSsl.SSL_CTX_set_tlsext_ticket_key_evp_cb(context, onTicketKey);
        }

        if (withStapling)
        {
            delegate* unmanaged[Cdecl]<nint, nint, int> onStatusRequest = &OnStatusRequest;
            LibSsl.SSL_CTX_callback_ctrl(context, LibSsl.ControlSetStatusCallback, onStatusRequest);
        }

        if (withProtocols)
        {
            delegate* unmanaged[Cdecl]<nint, byte**, byte*, byte*, uint, nint, int> onProtocols = &OnProtocols;
            LibSsl.SSL_CTX_set_alpn_select_cb(context, onProtocols, 0);
        }
    }

    // Asked for every ClientHello, before OpenSSL looks for a session to resume: the name judged is the one in this hello. The later
    // servername callback would be told the resumed session's name instead.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnClientHello(nint ssl, int* alert, nint argument)
    {
        *alert = LibSsl.AlertInternalError;
        if (TlsSession.InHandshake is not { ServerContext: { } context } session)
        {
            return LibSsl.ClientHelloError;
        }

        var name = SentServerName(ssl);
        var known = context.Names.TryFind(name, out var certificate);
        var rules = context.FindRules(name, ref known);
        if (!known && context._rejectUnknownNames)
        {
            *alert = LibSsl.AlertUnrecognizedName;
            session.Refuse("no certificate for the server name");
            return LibSsl.ClientHelloError;
        }

        if (!certificate.ApplyTo(ssl))
        {
            session.Refuse(certificate.LoadError ?? "the certificate cannot be used");
            return LibSsl.ClientHelloError;
        }

        if (rules?.ApplyTo(ssl) == false)
        {
            session.Refuse("the TLS settings of the host cannot be used");
            return LibSsl.ClientHelloError;
        }

        session.Certificate = certificate;
        session.Rules = rules;
        return LibSsl.ClientHelloSuccess;
    }

    // Only says that the name was understood, so that OpenSSL acknowledges it and keeps it with the session.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnServerName(nint ssl, int* alert, nint argument) => LibSsl.ExtensionOk;

    // RFC 6066, section 8: asked when the client wants to hear about the certificate, which is chosen by then. A resumed session shows none.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnStatusRequest(nint ssl, nint argument)
    {
        if (TlsSession.InHandshake is not { ServerContext._stapling: { } stapling, Certificate: { } certificate })
        {
            return LibSsl.ExtensionNotAcknowledged;
        }

        if (certificate.Staple is { IsFresh: true } staple)
        {
            return staple.ApplyTo(ssl) ? LibSsl.ExtensionOk : LibSsl.ExtensionNotAcknowledged;
        }

        stapling.Want(certificate);
        return LibSsl.ExtensionNotAcknowledged;
    }

    // Tickets are sealed and opened inside handshakes only: that of TLS 1.3 is sent as their last message.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnTicketKey(nint ssl, byte* name, byte* vector, nint cipher, nint mac, int seals)
    {
        if (TlsSession.InHandshake?.ServerContext?._ticketKeys is not { } keys)
        {
            return -1;
        }

        return seals == 1 ? keys.Seal(name, vector, cipher, mac) : keys.Open(name, vector, cipher, mac);
    }

    // OpenSSL copies the choice, but only after the return, when our list is no longer pinned. So the answer points into the client's
    // list, which holds the same bytes.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnProtocols(nint ssl, byte** selected, byte* selectedLength, byte* offered, uint offeredLength, nint argument)
    {
        if (TlsSession.InHandshake is not { ServerContext: { } context } session)
        {
            return LibSsl.ExtensionFatal;
        }

        var clients = new ReadOnlySpan<byte>(offered, (int)offeredLength);
        for (ReadOnlySpan<byte> ours = context._protocols; !ours.IsEmpty; ours = ours[(ours[0] + 1)..])
        {
            var wanted = ours[..(ours[0] + 1)];
            for (var at = 0; at < clients.Length; at += clients[at] + 1)
            {
                if (clients[at..].StartsWith(wanted))
                {
                    *selected = offered + at + 1;
                    *selectedLength = offered[at];
                    return LibSsl.ExtensionOk;
                }
            }
        }

        session.Refuse("the client offers no application protocol that is spoken here");
        return LibSsl.ExtensionFatal;
    }

    // RFC 6066, section 3: a list of names, of which the first and only is a host name. What is malformed counts as no name here and is
    // refused by OpenSSL right after.
    private static ReadOnlySpan<byte> SentServerName(nint ssl)
    {
        const int headerLength = 5;
        byte* data;
        nuint length;
        if (LibSsl.SSL_client_hello_get0_ext(ssl, LibSsl.ServerNameExtension, &data, &length) != 1 || length < headerLength)
        {
            return default;
        }

        var extension = new ReadOnlySpan<byte>(data, (int)length);
        var nameLength = BinaryPrimitives.ReadUInt16BigEndian(extension[3..]);
        var isHostName = extension[2] == 0;
        return isHostName && nameLength <= extension.Length - headerLength ? extension.Slice(headerLength, nameLength) : default;
    }
}
