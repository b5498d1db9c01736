using System.Collections.Frozen;
using System.Text;

namespace Portico.Proxy.Answers;

/// <summary>On whose account an answer goes.</summary>
internal enum AnswerFault : byte
{
    /// <summary>Nobody's: the configuration wants it so.</summary>
    None,
    Client,
    Upstream,

    /// <summary>The gateway, or what it was configured to do.</summary>
    Gateway,
}

/// <summary>How loud an answer is in the gateway's own log. What a peer can cause at will is <see cref="Debug"/>; a counter tells the rest.</summary>
internal enum AnswerLogLevel : byte
{
    Debug,
    Warning,
    Error,
}

/// <param name="Label">The word in logs, metrics and on request in a header.</param>
/// <param name="Status">The status of the answer unless a policy sets another one; 0 for answers that are never sent.</param>
internal sealed record AnswerReasonFacts(AnswerReason Reason, string Label, int Status, AnswerFault Fault, AnswerLogLevel LogLevel)
{
    /// <summary><see cref="Label"/> as bytes.</summary>
    public byte[] LabelBytes { get; } = Encoding.ASCII.GetBytes(Label);
}

/// <summary>The one table of what each <see cref="AnswerReason"/> means.</summary>
internal static class AnswerReasons
{
    private static readonly AnswerReasonFacts[] Table = Index(
    [
        new(AnswerReason.None, "none", 0, AnswerFault.None, AnswerLogLevel.Debug),
        new(AnswerReason.BadRequest, "bad_request", 400, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.BadHost, "bad_host", 400, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.BadPath, "bad_path", 400, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.HeaderTooLarge, "header_too_large", 400, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.UriTooLong, "uri_too_long", 414, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.MethodNotAllowed, "method_not_allowed", 405, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.UnsupportedTransferCoding, "not_implemented_transfer_coding", 501, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.UnsupportedVersion, "unsupported_version", 505, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.PlainHttpOnTlsPort, "plain_http_on_tls_port", 400, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.ClientTimeout, "client_timeout", 408, AnswerFault.Client, AnswerLogLevel.Debug),
        // 499 is nginx's word in the log for a client that went away; nobody is there to get it.
        new(AnswerReason.ClientClosed, "client_closed", 499, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.MisdirectedRequest, "misdirected_request", 421, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.ClientCertificateMissing, "client_certificate_missing", 400, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.ClientCertificateInvalid, "client_certificate_invalid", 400, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.ClientCertificateUnauthorized, "client_certificate_unauthorized", 403, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.BodyTooLarge, "body_too_large", 413, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.DeniedConfiguration, "denied_configuration", 503, AnswerFault.Gateway, AnswerLogLevel.Debug),
        new(AnswerReason.CorsPreflight, "cors_preflight", 204, AnswerFault.None, AnswerLogLevel.Debug),
        new(AnswerReason.Redirect, "redirect", 302, AnswerFault.None, AnswerLogLevel.Debug),
        new(AnswerReason.BadRegex, "bad_regex", 503, AnswerFault.Gateway, AnswerLogLevel.Debug),
        new(AnswerReason.RewriteFailed, "rewrite_failed", 500, AnswerFault.Gateway, AnswerLogLevel.Debug),
        new(AnswerReason.HttpsRedirect, "https_redirect", 308, AnswerFault.None, AnswerLogLevel.Debug),
        new(AnswerReason.NoEndpoints, "no_endpoints", 503, AnswerFault.Upstream, AnswerLogLevel.Debug),
        new(AnswerReason.ClientBlocked, "client_blocked", 403, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.SourceDenied, "source_denied", 403, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.RateLimited, "rate_limited", 503, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.ConnectionLimited, "connection_limited", 503, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.AuthDenied, "auth_denied", 401, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.AuthForbidden, "auth_forbidden", 403, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.AuthSignin, "auth_signin", 302, AnswerFault.None, AnswerLogLevel.Debug),
        // nginx: "auth request unexpected status"; the service failed, not the backend.
        new(AnswerReason.AuthFailed, "auth_failed", 500, AnswerFault.Upstream, AnswerLogLevel.Warning),
        new(AnswerReason.AuthOverloaded, "auth_overloaded", 503, AnswerFault.Gateway, AnswerLogLevel.Warning),
        new(AnswerReason.NoRoute, "no_route", 404, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.FixedResponse, "fixed_response", 200, AnswerFault.None, AnswerLogLevel.Debug),
        new(AnswerReason.Health, "health", 200, AnswerFault.None, AnswerLogLevel.Debug),
        new(AnswerReason.ServerStatus, "server_status", 200, AnswerFault.None, AnswerLogLevel.Debug),
        new(AnswerReason.UpstreamConnectFailed, "upstream_connect_failed", 502, AnswerFault.Upstream, AnswerLogLevel.Warning),
        new(AnswerReason.UpstreamTimeout, "upstream_timeout", 504, AnswerFault.Upstream, AnswerLogLevel.Warning),
        new(AnswerReason.UpstreamReset, "upstream_reset", 502, AnswerFault.Upstream, AnswerLogLevel.Warning),
        new(AnswerReason.UpstreamBadResponse, "upstream_bad_response", 502, AnswerFault.Upstream, AnswerLogLevel.Warning),
        new(AnswerReason.GrpcDeadline, "grpc_deadline", 200, AnswerFault.Client, AnswerLogLevel.Debug),
        new(AnswerReason.UpstreamHeaderTooLarge, "upstream_header_too_large", 502, AnswerFault.Upstream, AnswerLogLevel.Warning),
        new(AnswerReason.SpoolFull, "spool_full", 507, AnswerFault.Gateway, AnswerLogLevel.Warning),
        new(AnswerReason.SpoolFailed, "spool_failed", 500, AnswerFault.Gateway, AnswerLogLevel.Error),
        new(AnswerReason.BackendErrorReplaced, "backend_error_replaced", 404, AnswerFault.Upstream, AnswerLogLevel.Debug),
        new(AnswerReason.InternalError, "internal_error", 500, AnswerFault.Gateway, AnswerLogLevel.Error),
    ]);

    private static readonly FrozenDictionary<string, AnswerReason> ByLabel = Table.ToFrozenDictionary(f => f.Label, f => f.Reason);

    /// <summary>The whole table, in the order of the enum.</summary>
    public static ReadOnlySpan<AnswerReasonFacts> All => Table;

    public static AnswerReasonFacts Of(AnswerReason reason) => Table[(int)reason];

    /// <summary>The reason that a model names by its label; an unknown one is <see cref="AnswerReason.FixedResponse"/>.</summary>
    public static AnswerReason Parse(string label) => ByLabel.GetValueOrDefault(label, AnswerReason.FixedResponse);

    private static AnswerReasonFacts[] Index(ReadOnlySpan<AnswerReasonFacts> rows)
    {
        var table = new AnswerReasonFacts[Enum.GetValues<AnswerReason>().Length];
        foreach (var row in rows)
        {
            table[(int)row.Reason] = row;
        }

        return table;
    }
}
