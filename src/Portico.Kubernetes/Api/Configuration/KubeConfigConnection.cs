using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Portico.Kubernetes.Api.Credentials;
using Portico.Kubernetes.Manifests;

namespace Portico.Kubernetes.Api.Configuration;

/// <summary>Turns a cluster and a user of a kubeconfig into a connection.</summary>
internal static class KubeConfigConnection
{
    public static ApiConnection Make(KubeConfigEntry cluster, KubeConfigEntry? user)
    {
        var server = ApiConnections.ParseServer(cluster.Required("server"), cluster.At("server"));
        var skips = cluster.Flag("insecure-skip-tls-verify");
        var authorities = Authorities(cluster);
        return new ApiConnection
        {
            Server = server,
            Origin = "",
            Authorities = authorities,
            SkipVerification = skips,
            TlsServerName = cluster.Text("tls-server-name"),
            Proxy = Proxy(cluster),
            UseEnvironmentProxy = true,
            Credential = user is null ? Credential.None : CredentialOf(user, server, authorities),
            Warnings = Warnings(cluster, server, skips),
        };
    }

    private static ImmutableArray<string> Warnings(KubeConfigEntry cluster, Uri server, bool skips)
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        if (skips)
        {
            warnings.Add($"{cluster.At("insecure-skip-tls-verify")}: the certificate of {server} is not checked, so anybody in between can be the API server");
        }

        if (server.Scheme == "http")
        {
            warnings.Add($"{cluster.At("server")}: plain HTTP, so whoever is in between reads and changes everything");
        }

        return warnings.ToImmutable();
    }

    private static ServerAuthorities? Authorities(KubeConfigEntry cluster)
    {
        // Inline data wins over a file, as kubectl has it.
        if (cluster.Data("certificate-authority-data") is { } data)
        {
            return new ServerAuthorities(ApiConnections.ParseAuthorities(Encoding.UTF8.GetString(data), cluster.At("certificate-authority-data")));
        }

        return cluster.FilePath("certificate-authority") is { } file ? ApiConnections.AuthoritiesOf(file, cluster.At("certificate-authority")) : null;
    }

    private static Uri? Proxy(KubeConfigEntry cluster)
    {
        if (cluster.Text("proxy-url") is not { } text)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var proxy) && proxy.Scheme is "http" or "https" or "socks5"
            ? proxy
            : throw new ApiConfigurationException($"{cluster.At("proxy-url")}: '{text}' is no address of a proxy; write http://, https:// or socks5://HOST:PORT");
    }

    /// <summary>The order of client-go: token over user name; a client certificate goes beside either; exec where neither is given.</summary>
    private static Credential CredentialOf(KubeConfigEntry user, Uri server, ServerAuthorities? authorities)
    {
        var certificate = ClientCertificate(user);
        if (user.FilePath("tokenFile") is { } file)
        {
            return new TokenFile(file) { Certificate = certificate };
        }

        if (user.Text("token") is { } token)
        {
            return new FixedCredential("Bearer", token, certificate);
        }

        if (user.Text("username") is { } name)
        {
            return new FixedCredential("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{user.Text("password")}")), certificate);
        }

        if (user.Fields?.Find("exec") is YamlMapping exec)
        {
            return new ExecCredential(ExecPlugin.Read(new KubeConfigEntry(user.File, user.Path + ".exec", exec), server, authorities));
        }

        return user.Fields?.Find("auth-provider") is not null
            ? throw new ApiConfigurationException($"{user.At("auth-provider")}: client-go removed these; use an exec plugin")
            : new FixedCredential("", "", certificate);
    }

    private static X509Certificate2? ClientCertificate(KubeConfigEntry user)
    {
        var certificate = Pem(user, "client-certificate");
        var key = Pem(user, "client-key");
        if (certificate is null && key is null)
        {
            return null;
        }

        if (certificate is null || key is null)
        {
            var missing = certificate is null ? "client-certificate" : "client-key";
            throw new ApiConfigurationException($"{user.At(missing)}: required, because {(certificate is null ? "client-key" : "client-certificate")} is given");
        }

        try
        {
            return X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new ApiConfigurationException($"{user.At("client-certificate")}: certificate and key do not make a pair: {error.Message}", error);
        }
    }

    private static string? Pem(KubeConfigEntry user, string field)
    {
        if (user.Data(field + "-data") is { } data)
        {
            return Encoding.UTF8.GetString(data);
        }

        if (user.FilePath(field) is not { } path)
        {
            return null;
        }

        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ApiConfigurationException($"{user.At(field)}: {path} cannot be read: {error.Message}", error);
        }
    }
}
