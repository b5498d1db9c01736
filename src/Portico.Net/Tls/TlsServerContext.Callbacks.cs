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
    private static void RegisterCallbacks(nint context, bool withProtocols)
    {
        delegate* unmanaged[Cdecl]<nint, int*, nint, int> onServerName = &OnServerName;
        LibSsl.SSL_CTX_callback_ctrl(context, LibSsl.ControlSetServerNameCallback, onServerName);
        if (withProtocols)
        {
            delegate* unmanaged[Cdecl]<nint, byte**, byte*, byte*, uint, nint, int> onProtocols = &OnProtocols;
            LibSsl.SSL_CTX_set_alpn_select_cb(context, onProtocols, 0);
        }
    }

    // Asked once per ClientHello, also when it carries no name and when it resumes a session.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnServerName(nint ssl, int* alert, nint argument)
    {
        *alert = LibSsl.AlertInternalError;
        if (TlsSession.InHandshake is not { ServerContext: { } context } session)
        {
            return LibSsl.ServerNameFatal;
        }

        var known = context.Names.TryFind(ServerNameOf(ssl), out var certificate);
        if (!known && context._rejectUnknownNames)
        {
            *alert = LibSsl.AlertUnrecognizedName;
            session.Refuse("no certificate for the server name");
            return LibSsl.ServerNameFatal;
        }

        // A resumed session proves itself by its secret and shows no certificate.
        if (LibSsl.SSL_session_reused(ssl) == 0 && !certificate.ApplyTo(ssl))
        {
            session.Refuse(certificate.LoadError ?? "the certificate cannot be used");
            return LibSsl.ServerNameFatal;
        }

        return LibSsl.ServerNameOk;
    }

    // The list is pinned only while OpenSSL looks at it: it copies the choice before it goes on, but after the return. The answer must
    // therefore point into the client's list, which holds the same bytes.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnProtocols(nint ssl, byte** selected, byte* selectedLength, byte* offered, uint offeredLength, nint argument)
    {
        if (TlsSession.InHandshake is not { ServerContext: { } context } session)
        {
            return LibSsl.ServerNameFatal;
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
                    return LibSsl.ServerNameOk;
                }
            }
        }

        session.Refuse("the client offers no application protocol that is spoken here");
        return LibSsl.ServerNameFatal;
    }

    private static ReadOnlySpan<byte> ServerNameOf(nint ssl) =>
        MemoryMarshal.CreateReadOnlySpanFromNullTerminated(LibSsl.SSL_get_servername(ssl, 0));
}
