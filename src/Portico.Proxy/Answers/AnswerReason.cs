namespace Portico.Proxy.Answers;

/// <summary>Why the gateway answered by itself. Closed: every such answer has one of these, in the log and in a metric.</summary>
internal enum AnswerReason : byte
{
    /// <summary>It did not: the backend's response was passed on.</summary>
    None,

    // Reading the request.
    BadRequest,
    BadHost,
    BadPath,
    HeaderTooLarge,
    UriTooLong,
    MethodNotAllowed,
    UnsupportedTransferCoding,
    UnsupportedVersion,
    PlainHttpOnTlsPort,
    ClientTimeout,
    ClientClosed,

    // Policies.
    MisdirectedRequest,
    ClientCertificateMissing,
    ClientCertificateInvalid,
    ClientCertificateUnauthorized,
    BodyTooLarge,
    DeniedConfiguration,
    CorsPreflight,
    Redirect,
    BadRegex,
    RewriteFailed,
    HttpsRedirect,
    NoEndpoints,
    ClientBlocked,
    SourceDenied,
    RateLimited,
    ConnectionLimited,
    AuthDenied,
    AuthForbidden,
    AuthSignin,
    AuthFailed,
    AuthOverloaded,
    NoRoute,
    FixedResponse,
    Health,
    ServerStatus,

    // Talking to the backend.
    UpstreamConnectFailed,
    UpstreamTimeout,
    UpstreamReset,
    UpstreamBadResponse,
    UpstreamHeaderTooLarge,

    /// <summary>A request body is too large for memory, and the quota of bodies on disk, or the disk, is used up.</summary>
    SpoolFull,

    /// <summary>A request body is too large for memory, and the folder for it cannot be used.</summary>
    SpoolFailed,

    /// <summary>A gRPC call outlived the deadline that its client gave it.</summary>
    GrpcDeadline,

    /// <summary>The backend's answer was to be replaced by an error page, and there is nobody to make it.</summary>
    BackendErrorReplaced,

    // The gateway itself.
    InternalError,
}
