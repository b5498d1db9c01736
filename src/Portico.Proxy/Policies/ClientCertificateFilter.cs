using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using Portico.Http.Messages;
using Portico.Model.Policies;
using Portico.Net.Tls;
using Portico.Proxy.Answers;
using Portico.Proxy.Headers;
using Portico.Proxy.Requests;
using Portico.Proxy.Routing.Patterns;

namespace Portico.Proxy.Policies;

/// <summary>
/// The client certificate rules of a host. The handshake takes every certificate and none; here it is judged, before the path is looked
/// at, as nginx does it. Immutable, shared by all shards.
/// </summary>
internal sealed class ClientCertificateFilter
{
    private readonly ClientCertificatePolicy _policy;
    private readonly BytePattern? _subject;
    private readonly byte[]? _errorPage;
    private readonly bool _errorPageIsPath;

    /// <summary>A Secret without authorities guards nothing, and then no header is touched.</summary>
    private readonly bool _hasAuthorities;

    private ClientCertificateFilter(ClientCertificatePolicy policy, TlsClientVerification? verification, BytePattern? subject)
    {
        _policy = policy;
        Verification = verification;
        _hasAuthorities = !policy.AuthoritiesPem.IsEmpty;
        _subject = subject;
        _errorPage = policy.ErrorPage is null ? null : Encoding.UTF8.GetBytes(policy.ErrorPage);
        _errorPageIsPath = policy.ErrorPage?.StartsWith('/') == true;
    }

    /// <summary>What handshakes for the host ask for; null when they ask for no certificate.</summary>
    public TlsClientVerification? Verification { get; }

    public static bool TryCompile(
        ClientCertificatePolicy policy, [NotNullWhen(true)] out ClientCertificateFilter? filter, [NotNullWhen(false)] out string? error)
    {
        filter = null;
        error = null;
        BytePattern? subject = null;
        if (policy.SubjectPattern is { } text && !BytePattern.TryCompile(text, PatternScope.Anywhere, ignoreCase: false, out subject, out var cause))
        {
            error = $"the expression '{text}': {cause}";
            return false;
        }

        TlsClientVerification? verification = null;
        if (policy.Mode != ClientCertificateMode.Off && !policy.AuthoritiesPem.IsEmpty && !TlsClientVerification.TryCreate(
            policy.AuthoritiesPem.AsSpan(), policy.RevocationPem.AsSpan(), policy.Depth, out verification, out error))
        {
            error = $"Secret {policy.Name}: {error}";
            return false;
        }

        filter = new ClientCertificateFilter(policy, verification, subject);
        return true;
    }

    /// <summary>Judges the connection that the request came on.</summary>
    /// <param name="context">The request.</param>
    /// <param name="askedForThisHost">Whether the server name of the connection's handshake leads to this host.</param>
    public PolicyDecision Judge(RequestContext context, bool askedForThisHost)
    {
        if (Verification is not null && context.Connection.IsTls)
        {
            // 1. A connection that was made for another host has proved nothing here (RFC 9110, 15.5.20), unless that host asks the same.
            if (!Verification.IsSameAs(context.Connection.ClientVerification))
            {
                if (!askedForThisHost)
                {
                    return OwnAnswer.For(AnswerReason.MisdirectedRequest);
                }

                // The rules have changed while the connection was open: its certificate is looked at again.
                context.Connection.VerifyAgain(Verification);
            }

            // 2. The certificate.
            if (FaultOf(context.Connection) is var fault and not AnswerReason.None)
            {
                if (!_errorPageIsPath)
                {
                    return Refuse(context, fault);
                }

                context.ContinueAsGet(_errorPage!);
            }
        }

        // 3. Its subject; a plain connection has none.
        return _subject?.IsMatch(context.ClientCertificate is { } certificate ? certificate.Subject : default(ReadOnlySpan<byte>)) == false
            ? OwnAnswer.For(AnswerReason.ClientCertificateUnauthorized)
            : PolicyDecision.Continue;
    }

    /// <summary>What backends and authentication services are told. The client's own headers of these names are left out by <see cref="Replaces"/>.</summary>
    public void WriteHeaders(RequestContext context, IHeaderWriter writer)
    {
        if (!_hasAuthorities)
        {
            return;
        }

        var scratch = context.Scratch;
        scratch.Clear();
        if (context.TryAppendClientVerification(scratch))
        {
            writer.Add("ssl-client-verify"u8, scratch.Written);
        }

        if (context.ClientCertificate is { } certificate)
        {
            writer.Add("ssl-client-subject-dn"u8, certificate.Subject);
            writer.Add("ssl-client-issuer-dn"u8, certificate.Issuer);
            if (_policy.PassCertificate)
            {
                writer.Add("ssl-client-cert"u8, certificate.EscapedPem);
            }
        }
    }

    public bool Replaces(ReadOnlySpan<byte> name)
    {
        const int prefixLength = 11;
        return _hasAuthorities && name.Length > prefixLength && Ascii.EqualsIgnoreCase(name[..prefixLength], "ssl-client-"u8)
            && (Ascii.EqualsIgnoreCase(name[prefixLength..], "verify"u8)
                || Ascii.EqualsIgnoreCase(name[prefixLength..], "subject-dn"u8)
                || Ascii.EqualsIgnoreCase(name[prefixLength..], "issuer-dn"u8)
                || (_policy.PassCertificate && Ascii.EqualsIgnoreCase(name[prefixLength..], "cert"u8)));
    }

    private AnswerReason FaultOf(ConnectionFacts connection)
    {
        var result = connection.ClientVerificationResult;
        if (result != TlsClientVerification.Verified
            && !(_policy.Mode == ClientCertificateMode.OptionalWithoutAuthority && TlsClientVerification.IsUnknownAuthority(result)))
        {
            return AnswerReason.ClientCertificateInvalid;
        }

        return _policy.Mode == ClientCertificateMode.Required && connection.ClientCertificate is null
            ? AnswerReason.ClientCertificateMissing
            : AnswerReason.None;
    }

    private OwnAnswer Refuse(RequestContext context, AnswerReason fault)
    {
        if (_errorPage is null)
        {
            return OwnAnswer.For(fault);
        }

        context.Location.Append(_errorPage);
        return OwnAnswer.For(fault) with { Status = 302 };
    }
}
