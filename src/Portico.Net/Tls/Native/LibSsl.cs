using System.Runtime.InteropServices;

namespace Portico.Net.Tls.Native;

/// <summary>
/// The imports from OpenSSL's libssl. Results are handed on as they are and nothing throws;
/// a result that is always success for our arguments, or changes nothing, is declared void.
/// </summary>
internal static unsafe partial class LibSsl
{
    private const string Library = "libssl.so.3";

    // SSL_get_error
    public const int ErrorSsl = 1;
    public const int ErrorWantRead = 2;
    public const int ErrorWantWrite = 3;
    public const int ErrorSyscall = 5;
    public const int ErrorZeroReturn = 6;

    // Protocol versions on the wire.
    public const int Tls12 = 0x0303;
    public const int Tls13 = 0x0304;

    // SSL_CTX_set_options
    public const ulong OptionIgnoreUnexpectedEof = 1UL << 7;
    public const ulong OptionNoTicket = 1UL << 14;
    public const ulong OptionNoCompression = 1UL << 17;
    public const ulong OptionPrioritizeChaCha = 1UL << 21;
    public const ulong OptionCipherServerPreference = 1UL << 22;
    public const ulong OptionNoRenegotiation = 1UL << 30;

    // SSL_CTX_ctrl and SSL_ctrl commands, behind which OpenSSL's headers hide most setters as macros.
    public const int ControlMode = 33;
    public const int ControlSetReadAhead = 41;
    public const int ControlSetSessionCacheSize = 42;
    public const int ControlSetSessionCacheMode = 44;
    public const int ControlSetServerNameCallback = 53;
    public const int ControlSetHostName = 55;
    public const int ControlSetStatusCallback = 63;
    public const int ControlSetStatusAnswer = 71;
    public const int ControlSetGroupsList = 92;
    public const int ControlSetMinimumVersion = 123;
    public const int ControlSetVerifyStore = 106;
    public const int ControlSetMaximumVersion = 124;

    public const nint ModeEnablePartialWrite = 0x1;
    public const nint ModeAcceptMovingWriteBuffer = 0x2;
    public const nint ModeNoAutoChain = 0x8;
    public const nint ModeReleaseBuffers = 0x10;

    public const nint SessionCacheOff = 0;
    public const nint SessionCacheServer = 0x2;
    public const nint SessionCacheNoAutoClear = 0x80;

    // What callbacks answer; the two kinds count differently.
    public const int ClientHelloError = 0;
    public const int ClientHelloSuccess = 1;
    public const int ExtensionOk = 0;
    public const int ExtensionFatal = 2;
    public const int ExtensionNotAcknowledged = 3;

    public const uint ServerNameExtension = 0;
    public const int AlertInternalError = 80;
    public const int AlertUnrecognizedName = 112;

    public const int VerifyNone = 0;
    public const int VerifyPeer = 1;

    public const int SentShutdown = 1;
    public const int ReceivedShutdown = 2;

    public const ulong InitNoAtExit = 0x00080000;

    [LibraryImport(Library)]
    public static partial int OPENSSL_init_ssl(ulong options, nint settings);

    [LibraryImport(Library)]
    public static partial nint TLS_server_method();

    [LibraryImport(Library)]
    public static partial nint TLS_client_method();

    [LibraryImport(Library)]
    public static partial nint SSL_CTX_new(nint method);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_free(nint context);

    [LibraryImport(Library)]
    public static partial ulong SSL_CTX_set_options(nint context, ulong options);

    [LibraryImport(Library)]
    public static partial nint SSL_CTX_ctrl(nint context, int command, nint number, void* pointer);

    [LibraryImport(Library)]
    public static partial nint SSL_CTX_callback_ctrl(nint context, int command, void* callback);

    [LibraryImport(Library)]
    public static partial int SSL_CTX_set_cipher_list(nint context, byte* list);

    [LibraryImport(Library)]
    public static partial nint SSL_CTX_set_timeout(nint context, nint seconds);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_set_session_id_context(nint context, byte* id, uint length);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_set_num_tickets(nint context, nuint count);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_set_tlsext_ticket_key_evp_cb(nint context, void* callback);

    [LibraryImport(Library)]
    public static partial int SSL_CTX_set0_tmp_dh_pkey(nint context, nint parameters);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_set_client_hello_cb(nint context, void* callback, nint argument);

    [LibraryImport(Library)]
    public static partial int SSL_client_hello_get0_ext(nint ssl, uint type, byte** data, nuint* length);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_set_alpn_select_cb(nint context, void* callback, nint argument);

    [LibraryImport(Library)]
    public static partial int SSL_CTX_set_alpn_protos(nint context, byte* protocols, uint length);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_set_verify(nint context, int mode, nint callback);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_set_verify_depth(nint context, int depth);

    [LibraryImport(Library)]
    public static partial nint SSL_CTX_get_cert_store(nint context);

    [LibraryImport(Library)]
    public static partial int SSL_CTX_use_cert_and_key(nint context, nint certificate, nint key, nint chain, int replace);

    [LibraryImport(Library)]
    public static partial nint SSL_new(nint context);

    [LibraryImport(Library)]
    public static partial void SSL_free(nint ssl);

    [LibraryImport(Library)]
    public static partial int SSL_set_fd(nint ssl, int descriptor);

    [LibraryImport(Library)]
    public static partial void SSL_set_accept_state(nint ssl);

    [LibraryImport(Library)]
    public static partial void SSL_set_connect_state(nint ssl);

    [LibraryImport(Library)]
    public static partial nint SSL_ctrl(nint ssl, int command, nint number, void* pointer);

    [LibraryImport(Library)]
    public static partial int SSL_set1_host(nint ssl, byte* name);

    [LibraryImport(Library)]
    public static partial ulong SSL_set_options(nint ssl, ulong options);

    [LibraryImport(Library)]
    public static partial ulong SSL_clear_options(nint ssl, ulong options);

    [LibraryImport(Library)]
    public static partial int SSL_set_cipher_list(nint ssl, byte* list);

    [LibraryImport(Library)]
    public static partial void SSL_set_verify(nint ssl, int mode, delegate* unmanaged[Cdecl]<int, nint, int> callback);

    [LibraryImport(Library)]
    public static partial void SSL_set_verify_depth(nint ssl, int depth);

    /// <summary>The list becomes OpenSSL's.</summary>
    [LibraryImport(Library)]
    public static partial void SSL_set_client_CA_list(nint ssl, nint names);

    [LibraryImport(Library)]
    public static partial nint SSL_dup_CA_list(nint names);

    [LibraryImport(Library)]
    public static partial int SSL_set_session_id_context(nint ssl, byte* id, uint length);

    /// <summary>Stays OpenSSL's; on the server's side without the peer's own certificate.</summary>
    [LibraryImport(Library)]
    public static partial nint SSL_get_peer_cert_chain(nint ssl);

    [LibraryImport(Library)]
    public static partial int SSL_use_cert_and_key(nint ssl, nint certificate, nint key, nint chain, int replace);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int SSL_do_handshake(nint ssl);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int SSL_read(nint ssl, byte* buffer, int length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int SSL_write(nint ssl, byte* buffer, int length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int SSL_shutdown(nint ssl);

    [LibraryImport(Library)]
    public static partial void SSL_set_shutdown(nint ssl, int mode);

    [LibraryImport(Library)]
    public static partial int SSL_get_error(nint ssl, int result);

    [LibraryImport(Library)]
    public static partial int SSL_has_pending(nint ssl);

    [LibraryImport(Library)]
    public static partial byte* SSL_get_servername(nint ssl, int type);

    [LibraryImport(Library)]
    public static partial int SSL_version(nint ssl);

    [LibraryImport(Library)]
    public static partial nint SSL_get_current_cipher(nint ssl);

    [LibraryImport(Library)]
    public static partial byte* SSL_CIPHER_get_name(nint cipher);

    [LibraryImport(Library)]
    public static partial void SSL_get0_alpn_selected(nint ssl, byte** protocol, uint* length);

    [LibraryImport(Library)]
    public static partial int SSL_session_reused(nint ssl);

    [LibraryImport(Library)]
    public static partial nint SSL_get1_peer_certificate(nint ssl);

    [LibraryImport(Library)]
    public static partial nint SSL_get_verify_result(nint ssl);

    [LibraryImport(Library)]
    public static partial nint SSL_get1_session(nint ssl);

    [LibraryImport(Library)]
    public static partial void SSL_set_session(nint ssl, nint session);

    [LibraryImport(Library)]
    public static partial int SSL_SESSION_is_resumable(nint session);

    [LibraryImport(Library)]
    public static partial void SSL_SESSION_free(nint session);
}
