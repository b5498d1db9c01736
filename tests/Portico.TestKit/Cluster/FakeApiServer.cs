using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Portico.TestKit.Cluster;

/// <summary>
/// An API server for tests: the objects of a cluster over HTTP, with the rules that the Kubernetes API documents for lists, pages,
/// watches, bookmarks, expired versions, conflicts, patches and server-side apply. It validates what a gateway writes and little else,
/// knows no admission and runs no controllers. kubectl can talk to it (with <c>--validate=false</c>). Faults are put in by <see cref="Fault"/> and <see cref="GoAway"/>.
/// </summary>
public sealed class FakeApiServer : IAsyncDisposable
{
    private readonly FakeApiServerOptions _options;
    private readonly FakeStore _store = new();
    private readonly FakeWrites _writes;
    private readonly FakeReads _reads;
    private readonly WebApplication _application;
    private readonly ConcurrentDictionary<string, ConnectionContext> _connections = new();
    private readonly ConcurrentQueue<FakeRequest> _requests = new();
    private volatile bool _away;

    private FakeApiServer(FakeApiServerOptions options)
    {
        _options = options;
        _writes = new FakeWrites(_store, options.Clock);
        _reads = new FakeReads(_store, options);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(Listen);
        _application = builder.Build();
        _application.Run(AnswerAsync);
    }

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>Decides for each request how it goes wrong; null for a right answer. Called concurrently.</summary>
    public Func<FakeRequest, FakeFault?>? Fault { get; set; }

    /// <summary>Everything that was asked, in order.</summary>
    public IReadOnlyCollection<FakeRequest> Requests => _requests;

    public int OpenConnections => _connections.Count;

    public long Version => _store.Version;

    public static async Task<FakeApiServer> StartAsync(FakeApiServerOptions? options = null)
    {
        var server = new FakeApiServer(options ?? new FakeApiServerOptions());
        await server._application.StartAsync();
        var addresses = server._application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        server.Address = new Uri(server._options.Listener is { } listener ? $"http://{listener.LocalEndPoint}" : addresses.Addresses.First());
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        GoAway();
        await _application.DisposeAsync();
    }

    /// <summary>Cuts every connection, and each new one at once, until <see cref="ComeBack"/>.</summary>
    public void GoAway()
    {
        _away = true;
        CutAll();
    }

    public void ComeBack() => _away = false;

    /// <summary>Cuts every connection that is open now.</summary>
    public void CutAll()
    {
        foreach (var connection in _connections.Values)
        {
            connection.Abort();
        }
    }

    /// <summary>Forgets the history, as etcd's compaction does: older versions and begun lists are gone (410).</summary>
    public void Compact() => _store.Compact();

    /// <summary>Creates or replaces objects of a YAML or JSON text, as <c>kubectl apply</c> would.</summary>
    public void Put(string manifests)
    {
        foreach (var json in ManifestJson.Read(manifests))
        {
            Put(json);
        }
    }

    public void Put(JsonObject found)
    {
        var resource = FakeResource.OfKind(found["apiVersion"]!.GetValue<string>(), found["kind"]!.GetValue<string>())
            ?? throw new ArgumentException($"the fake API server keeps no {found["kind"]}");
        var (ns, name) = (resource.Namespaced ? found["metadata"]?["namespace"]?.GetValue<string>() ?? "default" : "", found["metadata"]!["name"]!.GetValue<string>());
        if (_store.Find(resource, ns, name) is null)
        {
            _writes.Create(resource, ns, (JsonObject)found.DeepClone(), "test");
        }
        else
        {
            _writes.Update(resource, ns, name, "", (JsonObject)found.DeepClone(), "test");
        }

        if (resource.HasStatus && found["status"] is not null)
        {
            _writes.MergePatch(resource, ns, name, "status", new JsonObject { ["status"] = found["status"]!.DeepClone() }, "test");
        }
    }

    public void Delete(string plural, string ns, string name) => _writes.Delete(FakeResource.Of(plural), ns, name);

    /// <summary>A copy; null when there is none.</summary>
    public JsonObject? Get(string plural, string ns, string name) => _store.Find(FakeResource.Of(plural), ns, name)?.Copy();

    /// <param name="ns">Empty for all.</param>
    public IReadOnlyList<JsonObject> List(string plural, string ns = "") =>
        [.. _store.List(FakeResource.Of(plural), ns, FakeSelector.Parse("", "")).Objects.Select(o => o.Copy())];

    /// <summary>A kubeconfig for this server.</summary>
    public string KubeConfig(string user = "{}") =>
        $$"""
        apiVersion: v1
        kind: Config
        current-context: fake
        clusters:
        - name: fake
          cluster: {server: "{{Address.GetLeftPart(UriPartial.Authority)}}"{{Authority()}}}
        users:
        - name: me
          user: {{user}}
        contexts:
        - name: fake
          context: {cluster: fake, user: me}
        """;

    private string Authority() =>
        _options.Certificate is { } certificate
            ? $", certificate-authority-data: {Convert.ToBase64String(Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()))}"
            : "";

    private void Listen(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 3 * 1024 * 1024;
        kestrel.Limits.MinResponseDataRate = null;
        if (_options.Listener is { } listener)
        {
            kestrel.ListenHandle((ulong)listener.Handle, ListenOn);
        }
        else
        {
            kestrel.Listen(_options.EndPoint, ListenOn);
        }

        void ListenOn(ListenOptions listen)
        {
            listen.Use(next => async connection =>
            {
                _connections[connection.ConnectionId] = connection;
                try
                {
                    if (_away)
                    {
                        connection.Abort();
                        return;
                    }

                    await next(connection);
                }
                finally
                {
                    _connections.TryRemove(connection.ConnectionId, out _);
                }
            });
            listen.Protocols = _options.Certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
            if (_options.Certificate is { } certificate)
            {
                listen.UseHttps(certificate, https =>
                {
                    https.ClientCertificateMode = _options.AskForClientCertificate ? ClientCertificateMode.AllowCertificate : ClientCertificateMode.NoCertificate;
                    https.AllowAnyClientCertificate();
                });
            }
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "/";
        var query = context.Request.Query.ToDictionary(q => q.Key, q => q.Value.ToString());
        var target = Target.Parse(path);
        var request = new FakeRequest(
            VerbOf(context.Request.Method, target, query), target?.Resource.Group ?? "", target?.Resource.Plural ?? path, target?.Namespace ?? "", target?.Name ?? "",
            target?.Subresource ?? "", query, TokenOf(context.Request));
        _requests.Enqueue(request);
        var reply = new FakeReply(context, Fault?.Invoke(request));
        try
        {
            if (await reply.FailsAsync())
            {
                return;
            }

            await AnswerAsync(context, reply, target, request);
        }
        catch (FakeStatusException status)
        {
            await reply.StatusAsync(status);
        }
        catch (OperationCanceledException)
        {
            // The client has gone, or the test has cut it.
            context.Abort();
        }
    }

    private async Task AnswerAsync(HttpContext context, FakeReply reply, Target? target, FakeRequest request)
    {
        if (_options.Authorize is { } authorize && !authorize(context.Request.Headers.Authorization.ToString(), context.Connection.ClientCertificate))
        {
            throw new FakeStatusException(401, "Unauthorized", "Unauthorized");
        }

        if (target is null)
        {
            var path = context.Request.Path.Value ?? "/";
            var answer = path is "/healthz" or "/readyz" or "/livez" ? "ok"u8.ToArray() : FakeDiscovery.Answer(path);
            await reply.WholeAsync(answer is null ? 404 : 200, answer ?? "404 page not found"u8.ToArray());
            return;
        }

        switch (request.Verb)
        {
            case "list": await _reads.ListAsync(reply, target.Resource, target.Namespace, request.Query); break;
            case "watch": await _reads.WatchAsync(reply, target.Resource, target.Namespace, request.Query); break;
            case "get":
                var found = _store.Find(target.Resource, target.Namespace, target.Name) ?? throw FakeWrites.NotFound(target.Resource, target.Name);
                await reply.ObjectsAsync(target.Resource, found);
                break;
            default:
                var (code, written) = Write(target, request, context, await BodyAsync(context));
                await reply.WholeAsync(code, written.Utf8);
                break;
        }
    }

    private (int Code, FakeObject Written) Write(Target target, FakeRequest request, HttpContext context, JsonObject? body)
    {
        var (resource, ns, name, sub) = (target.Resource, target.Namespace, target.Name, target.Subresource);
        var manager = request.Query.GetValueOrDefault("fieldManager") ?? "";
        var otherwise = context.Request.Headers.UserAgent.ToString().Split('/', ' ')[0];
        var updater = manager.Length > 0 ? manager : otherwise;
        if (request.Verb == "delete")
        {
            return (200, _writes.Delete(resource, ns, name));
        }

        var json = body ?? throw new FakeStatusException(400, "BadRequest", "the body is no object");
        switch (request.Verb)
        {
            case "create": return (201, _writes.Create(resource, ns, json, updater));
            case "update" when resource.Kind is "Lease" or "ValidatingWebhookConfiguration" && (json["metadata"]?["resourceVersion"]?.GetValue<string>() ?? "").Length == 0:
                // Kinds that may not be overwritten unseen.
                throw FakeWrites.Invalid(resource, name, "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update");
            case "update": return (200, _writes.Update(resource, ns, name, sub, json, updater));
        }

        return (context.Request.ContentType ?? "").Split(';')[0] switch
        {
            "application/apply-patch+yaml" => (200, _writes.Apply(resource, ns, name, sub, json, manager, request.Query.GetValueOrDefault("force") == "true")),
            // Lists merge by key in the real one; what tests patch has none.
            "application/merge-patch+json" or "application/strategic-merge-patch+json" => (200, _writes.MergePatch(resource, ns, name, sub, json, updater)),
            var other => throw new FakeStatusException(415, "UnsupportedMediaType", $"the body of the request was in an unknown format - {other}"),
        };
    }

    private static async Task<JsonObject?> BodyAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var text = await reader.ReadToEndAsync(context.RequestAborted);
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return ManifestJson.Read(text) is [var first, ..] ? first : null;
        }
    }

    private static string TokenOf(HttpRequest request) =>
        request.Headers.Authorization.ToString() is var header && header.StartsWith("Bearer ", StringComparison.Ordinal) ? header["Bearer ".Length..] : "";

    private static string VerbOf(string method, Target? target, Dictionary<string, string> query) => method switch
    {
        "GET" when target is { Name.Length: > 0 } => "get",
        "GET" => query.GetValueOrDefault("watch") is "true" or "1" ? "watch" : "list",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        _ => method.ToLower(CultureInfo.InvariantCulture),
    };

    /// <summary>What a path leads to.</summary>
    private sealed record Target(FakeResource Resource, string Namespace, string Name, string Subresource)
    {
        public static Target? Parse(string path)
        {
            var steps = path.Trim('/').Split('/').Select(WebUtility.UrlDecode).ToArray();
            var (group, version, rest) = steps switch
            {
                ["api", var v, .. var r] => ("", v, r),
                ["apis", var g, var v, .. var r] => (g, v, r),
                _ => ("", "", []),
            };
            var ns = "";
            if (rest is ["namespaces", var inside, _, ..] && rest is not ["namespaces", _, "status"])
            {
                (ns, rest) = (inside!, rest[2..]);
            }

            var resource = rest.Length > 0 ? FakeResource.All.FirstOrDefault(r => r.Group == group && r.Version == version && r.Plural == rest[0]) : null;
            return resource is null ? null : new Target(resource, ns, rest.Length > 1 ? rest[1]! : "", rest.Length > 2 ? rest[2]! : "");
        }
    }
}
