using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Portico.Kubernetes.Api.Credentials;

namespace Portico.Kubernetes.Api.Configuration;

/// <summary>
/// Finds the API server. In this order: <c>--kubeconfig</c>, <c>--apiserver-host</c>, the files of <c>KUBECONFIG</c>, the service
/// account of the pod. A kubeconfig in the home folder is not taken by itself: a gateway must not start on a cluster by accident.
/// </summary>
public static class ApiConnections
{
    /// <summary>Whether anything says where the API server is.</summary>
    public static bool IsConfigured(ApiConnectionOptions options) =>
        options.KubeConfig.Length > 0 || options.ApiServerHost.Length > 0
        || !string.IsNullOrEmpty(options.Environment("KUBECONFIG")) || !string.IsNullOrEmpty(options.Environment("KUBERNETES_SERVICE_HOST"));

    /// <exception cref="ApiConfigurationException">Nothing says where it is, or what says so cannot be used.</exception>
    public static ApiConnection Find(ApiConnectionOptions options)
    {
        if (options.KubeConfig.Length > 0)
        {
            return WithHost(KubeConfig.Load([options.KubeConfig], mustExist: true).Connect(options.Context), options);
        }

        if (options.ApiServerHost.Length > 0)
        {
            return OfHost(options);
        }

        if (options.Environment("KUBECONFIG") is { Length: > 0 } files)
        {
            return KubeConfig.Load(files.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries), mustExist: false).Connect(options.Context);
        }

        return InCluster.Find(options) ?? throw new ApiConfigurationException(
            "no API server is known: give --kubeconfig FILE, --apiserver-host URL or the variable KUBECONFIG, or run in a pod with a service account");
    }

    /// <summary>Those in a file, read again when a handshake needs them.</summary>
    internal static ServerAuthorities AuthoritiesOf(string path, string field) => new(ReadAuthorities(path, field), () => ReadAuthorities(path, field));

    private static X509Certificate2Collection ReadAuthorities(string path, string field)
    {
        try
        {
            return ParseAuthorities(File.ReadAllText(path), $"{field}: {path}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ApiConfigurationException($"{field}: {path} cannot be read: {error.Message}", error);
        }
    }

    internal static X509Certificate2Collection ParseAuthorities(string pem, string field)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(pem);
        }
        catch (CryptographicException error)
        {
            throw new ApiConfigurationException($"{field} holds no certificates in PEM form: {error.Message}", error);
        }

        return authorities.Count > 0 ? authorities : throw new ApiConfigurationException($"{field} holds no certificates in PEM form");
    }

    internal static Uri ParseServer(string text, string field) =>
        Uri.TryCreate(text, UriKind.Absolute, out var server) && server.Scheme is "https" or "http"
            ? new Uri(text.TrimEnd('/') + "/")
            : throw new ApiConfigurationException($"{field}: '{text}' is no address; write https://HOST:PORT");

    /// <summary>As in ingress-nginx, the flag wins over the server that the kubeconfig names.</summary>
    private static ApiConnection WithHost(ApiConnection connection, ApiConnectionOptions options) =>
        options.ApiServerHost.Length == 0 ? connection : connection with { Server = ParseServer(options.ApiServerHost, "--apiserver-host") };

    private static ApiConnection OfHost(ApiConnectionOptions options)
    {
        var server = ParseServer(options.ApiServerHost, "--apiserver-host");
        var account = Path.Combine(options.ServiceAccountFolder, "token");
        return new ApiConnection
        {
            Server = server,
            Origin = "--apiserver-host",
            Authorities = options.CertificateAuthority.Length > 0 ? AuthoritiesOf(options.CertificateAuthority, "--certificate-authority") : null,
            // A token is never sent over plain HTTP.
            Credential = server.Scheme == "https" && File.Exists(account) ? new TokenFile(account) : Credential.None,
            UseEnvironmentProxy = true,
            Warnings = server.Scheme == "http" ? ["--apiserver-host is plain HTTP: whoever is in between reads and changes everything"] : [],
        };
    }
}
