using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;

namespace Portico.Kubernetes.Api.Credentials;

/// <summary>Who we are towards the API server. Asked before each request, from any thread.</summary>
internal abstract class Credential
{
    public static Credential None { get; } = new FixedCredential("", "", null);

    /// <summary>Shown in handshakes; null for none.</summary>
    public virtual X509Certificate2? Certificate { get; init; }

    /// <summary>Null when requests carry no Authorization header.</summary>
    /// <exception cref="IOException">It cannot be had now.</exception>
    public abstract ValueTask<AuthenticationHeaderValue?> GetAsync(CancellationToken cancellation);

    /// <summary>The server has answered 401: what was given last is worth nothing any more. True when another try is worth it.</summary>
    public virtual bool Refused() => false;
}

/// <summary>A token, a name with a password, or a certificate alone, as the kubeconfig writes it.</summary>
internal sealed class FixedCredential : Credential
{
    private readonly AuthenticationHeaderValue? _header;

    public FixedCredential(string scheme, string parameter, X509Certificate2? certificate)
    {
        _header = scheme.Length > 0 ? new AuthenticationHeaderValue(scheme, parameter) : null;
        Certificate = certificate;
    }

    public override ValueTask<AuthenticationHeaderValue?> GetAsync(CancellationToken cancellation) => new(_header);
}
