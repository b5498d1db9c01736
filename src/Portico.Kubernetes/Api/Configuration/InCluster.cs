using System.Net;
using System.Net.Sockets;
using Portico.Kubernetes.Api.Credentials;

namespace Portico.Kubernetes.Api.Configuration;

/// <summary>The API server as a pod finds it: two variables, and the service account's folder.</summary>
internal static class InCluster
{
    /// <summary>Null outside a cluster.</summary>
    public static ApiConnection? Find(ApiConnectionOptions options)
    {
        if (options.Environment("KUBERNETES_SERVICE_HOST") is not { Length: > 0 } host)
        {
            return null;
        }

        var port = options.Environment("KUBERNETES_SERVICE_PORT") is { Length: > 0 } given ? given : "443";
        var token = Path.Combine(options.ServiceAccountFolder, "token");
        if (!File.Exists(token))
        {
            throw new ApiConfigurationException(
                $"KUBERNETES_SERVICE_HOST is set, but there is no {token}: set automountServiceAccountToken to true in the pod, or give --kubeconfig");
        }

        return new ApiConnection
        {
            Server = ApiConnections.ParseServer($"https://{Bracketed(host)}:{port}", "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT"),
            Origin = "the service account of the pod",
            Authorities = ApiConnections.AuthoritiesOf(Path.Combine(options.ServiceAccountFolder, "ca.crt"), "service account"),
            Credential = new TokenFile(token),
            Namespace = NamespaceOf(options.ServiceAccountFolder),
        };
    }

    private static string Bracketed(string host) =>
        IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : host;

    private static string NamespaceOf(string folder)
    {
        var path = Path.Combine(folder, "namespace");
        return File.Exists(path) ? File.ReadAllText(path).Trim() : "";
    }
}
