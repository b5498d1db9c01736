using System.Collections.Immutable;
using System.Text;
using Portico.Net.Tls.Native;

namespace Portico.Net.Tls;

/// <summary>
/// The settings that front and backend contexts have in common. Each method answers null or what was wrong with the setting.
/// </summary>
internal static unsafe class SslContextSettings
{
    // An end of the connection without close_notify is a normal end, as in nginx: HTTP has its own framing to tell a truncated message.
    private const ulong CommonOptions = LibSsl.OptionNoCompression | LibSsl.OptionNoRenegotiation | LibSsl.OptionIgnoreUnexpectedEof;

    // Partial writes give back-pressure record by record; the moving buffer lets a retry come from another copy of the same bytes;
    // released buffers make an idle connection cheap; chains are sent as they were given, never completed from a store.
    private const nint CommonModes =
        LibSsl.ModeEnablePartialWrite | LibSsl.ModeAcceptMovingWriteBuffer | LibSsl.ModeReleaseBuffers | LibSsl.ModeNoAutoChain;

    public static SslContextHandle Create(bool server, out nint context)
    {
        OpenSsl.EnsureInitialized();
        LibCrypto.ERR_clear_error();
        context = LibSsl.SSL_CTX_new(server ? LibSsl.TLS_server_method() : LibSsl.TLS_client_method());
        return new SslContextHandle(context);
    }

    public static void ApplyCommon(nint context, ulong furtherOptions)
    {
        LibSsl.SSL_CTX_set_options(context, CommonOptions | furtherOptions);
        LibSsl.SSL_CTX_ctrl(context, LibSsl.ControlMode, CommonModes, null);
        LibSsl.SSL_CTX_ctrl(context, LibSsl.ControlSetReadAhead, 1, null);
    }

    public static string? ApplyVersions(nint context, bool tls12, bool tls13)
    {
        if (!tls12 && !tls13)
        {
            return "no TLS version is enabled";
        }

        LibSsl.SSL_CTX_ctrl(context, LibSsl.ControlSetMinimumVersion, tls12 ? LibSsl.Tls12 : LibSsl.Tls13, null);
        LibSsl.SSL_CTX_ctrl(context, LibSsl.ControlSetMaximumVersion, tls13 ? LibSsl.Tls13 : LibSsl.Tls12, null);
        return null;
    }

    public static string? ApplyCiphers(nint context, string? ciphers)
    {
        if (ciphers is null)
        {
            return null;
        }

        fixed (byte* list = NullTerminated(ciphers))
        {
            return LibSsl.SSL_CTX_set_cipher_list(context, list) == 1
                ? null
                : $"the cipher list \"{ciphers}\" is not usable: {OpenSsl.TakeError()}";
        }
    }

    public static string? ApplyGroups(nint context, string groups)
    {
        if (groups is "auto" or "")
        {
            return null;
        }

        fixed (byte* list = NullTerminated(groups))
        {
            return LibSsl.SSL_CTX_ctrl(context, LibSsl.ControlSetGroupsList, 0, list) == 1
                ? null
                : $"the groups list \"{groups}\" is not usable: {OpenSsl.TakeError()}";
        }
    }

    /// <summary>The wire form of an ALPN list (RFC 7301): each name behind its length.</summary>
    public static string? EncodeProtocols(ImmutableArray<string> protocols, out byte[] wire)
    {
        wire = [];
        foreach (var protocol in protocols)
        {
            if (protocol.Length is 0 or > byte.MaxValue || !Ascii.IsValid(protocol))
            {
                return $"\"{protocol}\" is not a protocol name for ALPN";
            }

            wire = [.. wire, (byte)protocol.Length, .. Encoding.ASCII.GetBytes(protocol)];
        }

        return null;
    }

    public static byte[] NullTerminated(string text) => Encoding.UTF8.GetBytes(text + '\0');
}
