using System.Globalization;
using Portico.TestKit.Backends;
using Portico.TestKit.Manifests;

namespace Portico.DataPlaneTests.Gateways;

/// <summary>One host on a gateway: a Service with its endpoints and an Ingress that sends everything to it.</summary>
public sealed class Site(Gateway gateway, string name, SiteOptions options)
{
    private int _edition;

    public Gateway Gateway { get; } = gateway;

    public string Host { get; } = name + ".test";

    public string FileName { get; } = name + ".yaml";

    /// <summary>A GET with the site's Host and these further header lines.</summary>
    public string Get(string target = "/", params string[] headers) => Request("GET", target, "", headers);

    /// <summary>A request with a body of known length.</summary>
    public string Post(string target, string body, params string[] headers) => Request("POST", target, body, headers);

    public string Request(string method, string target, string body, params string[] headers)
    {
        var lines = headers.Select(h => h + "\r\n");
        var length = body.Length > 0 || method is "POST" or "PUT" or "PATCH" ? string.Create(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n") : "";
        return $"{method} {target} HTTP/1.1\r\nHost: {Host}\r\n{string.Concat(lines)}{length}\r\n{body}";
    }

    /// <summary>Replaces the site's endpoints; returns when the gateway works with the new ones.</summary>
    public Task PublishAsync(params ScriptedBackend[] backends) => PublishAsync([.. backends.Select(Gateway.At)]);

    public async Task PublishAsync(IReadOnlyList<ServiceEndpoint> endpoints)
    {
        // The probe's host changes with every edition: when it answers, this edition of the whole file is in force.
        var probe = string.Create(CultureInfo.InvariantCulture, $"{name}-{++_edition}");
        var documents = new List<string>
        {
            Manifest.Service(name, 80, options.AppProtocol, endpoints),
            Manifest.Ingress(name, Host, [new IngressPath(name)], options.Annotations, options.Certificate is null ? null : name + "-tls"),
            Manifest.Ingress(name + "-probe", probe + ".probe", [new IngressPath("probe")]),
        };
        if (options.Certificate is not null)
        {
            documents.Add(Manifest.TlsSecret(name + "-tls", options.Certificate));
        }
        Gateway.Process.Manifests.RenameInto(FileName, documents);
        await Gateway.WaitUntilProbedAsync(probe + ".probe");
    }
}
