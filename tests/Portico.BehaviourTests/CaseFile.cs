using System.Globalization;
using Portico.TestKit.Manifests;
using YamlDotNet.RepresentationModel;

namespace Portico.BehaviourTests;

/// <summary>Reads the files under <c>cases/</c>.</summary>
internal static class CaseFile
{
    private const string DefaultVersion = "1.1";

    private static readonly string[] Methods = ["get", "head", "post", "put", "delete", "options", "patch", "trace", "connect"];

    public static IReadOnlyDictionary<string, BehaviourCase> ReadAll()
    {
        var cases = new Dictionary<string, BehaviourCase>();
        foreach (var path in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "cases"), "*.yaml").Order(StringComparer.Ordinal))
        {
            foreach (var read in Read(path))
            {
                cases.Add($"{Path.GetFileNameWithoutExtension(path)}: {read.Name}", read);
            }
        }
        return cases;
    }

    private static IEnumerable<BehaviourCase> Read(string path)
    {
        var yaml = new YamlStream();
        using (var text = File.OpenText(path))
        {
            yaml.Load(text);
        }
        var file = YamlMap.Of(yaml.Documents[0].RootNode, path);
        file.Text("feature");
        var cases = file.Nodes("cases");
        var versions = file.Texts("versions") is { Count: > 0 } named ? named : [DefaultVersion];
        file.RefuseUnread();
        return cases.SelectMany(node => VersionsOf(node, path, versions).Select(version => ReadCase(YamlMap.Of(node, path), version)));
    }

    /// <summary>A case may name others than its file.</summary>
    private static IReadOnlyList<string> VersionsOf(YamlNode node, string path, IReadOnlyList<string> ofFile) =>
        YamlMap.Of(node, path).Texts("versions") is { Count: > 0 } own ? own : ofFile;

    /// <param name="version">Of the requests that name none.</param>
    private static BehaviourCase ReadCase(YamlMap map, string version)
    {
        var name = map.Text("case") ?? throw new FormatException("a case without a name");
        map.Text("why");
        map.Texts("versions");
        var read = new BehaviourCase
        {
            Name = version == DefaultVersion ? name : $"{name} (HTTP/{version})",
            HasConfigMap = map.Node("configmap") is not null,
            Flags = map.Texts("flags"),
            WithIngressClass = map.Text("ingress_class") != "none",
            Files = Files(map),
            Steps = [.. map.Nodes("steps").Select(node => ReadStep(YamlMap.Of(node, name), version))],
        };
        map.RefuseUnread();
        return read;
    }

    private static Dictionary<string, string> Files(YamlMap map)
    {
        var files = new Dictionary<string, string>();
        if (map.Node("configmap") is not null)
        {
            files.Add("configmap.yaml", Manifest.ConfigMap("portico", map.Pairs("configmap").ToDictionary()));
        }
        foreach (var node in map.Nodes("ingress"))
        {
            var ingress = IngressShorthand.Read(node, files.Count(f => f.Key != "configmap.yaml") + 1);
            files.Add(ingress.Name + ".yaml", ingress.Yaml);
        }
        if (map.Text("manifests") is { } manifests)
        {
            files.Add("manifests.yaml", manifests);
        }
        return files;
    }

    private static Step ReadStep(YamlMap map, string version)
    {
        Step step;
        if (map.Node("apply") is { } apply)
        {
            var applied = YamlMap.Of(apply, "apply");
            step = new ApplyStep(Files(applied));
            applied.RefuseUnread();
        }
        else if (map.Text("delete_file") is { } deleted)
        {
            step = new DeleteStep(deleted);
        }
        else
        {
            step = ReadRequest(map, version);
        }
        map.RefuseUnread();
        return step;
    }

    private static RequestStep ReadRequest(YamlMap map, string version)
    {
        var method = map.Keys.FirstOrDefault(Methods.Contains) ?? throw new FormatException($"a step that does nothing: {string.Join(", ", map.Keys)}");
        var written = map.Text(method)!;
        var authorityAt = written.IndexOf("://", StringComparison.Ordinal) + 3;
        var targetAt = written.IndexOf('/', authorityAt);
        var authority = targetAt < 0 ? written[authorityAt..] : written[authorityAt..targetAt];
        var url = new Uri(targetAt < 0 ? written : written[..targetAt]);
        return new RequestStep
        {
            Method = method.ToUpperInvariant(),
            Url = url,
            Target = map.Text("target") ?? (targetAt < 0 ? "/" : written[targetAt..]),
            Host = map.Text("host") ?? authority,
            ServerName = map.Text("sni") ?? url.Host,
            ClientCertificate = map.Text("client_certificate"),
            Version = map.Text("version") ?? version,
            Chunked = map.Text("chunked") == "true",
            Headers = map.Pairs("send"),
            Body = map.Text("body") ?? new string('x', Number(map.Text("body_bytes")) ?? 0),
            Source = map.Text("source") ?? "127.0.0.1",
            Times = Number(map.Text("times")) ?? 1,
            TcpService = map.Text("tcp"),
            Expect = ReadExpectation(map),
        };
    }

    private static Expectation ReadExpectation(YamlMap map)
    {
        var headers = map.Pairs("answers_with").ToList();
        if (map.Text("location") is { } location)
        {
            headers.Add(KeyValuePair.Create("Location", location));
        }
        var expectation = new Expectation
        {
            Status = Number(map.Text("status")) ?? 200,
            Refused = map.Text("refused") == "true",
            Closed = map.Text("closed") == "true",
            Reaches = map.Text("reaches"),
            Headers = headers,
            Absent = map.Texts("answers_without"),
            Body = map.Text("body_holds"),
            BodyLacks = map.Text("body_lacks"),
            At = map.Text("at"),
            Certificate = map.Text("certificate"),
            Logs = map.Text("logs"),
            LogsNothingOf = map.Text("logs_nothing_of"),
            BackendPath = map.Text("backend_path"),
            BackendMethod = map.Text("backend_method"),
            BackendBody = map.Text("backend_body"),
            BackendHeaders = map.Pairs("backend_sees"),
            BackendAbsent = map.Texts("backend_misses"),
        };
        return expectation;
    }

    private static int? Number(string? text) => text is null ? null : int.Parse(text, CultureInfo.InvariantCulture);
}
