using System.Text;

namespace Portico.Demo;

/// <summary>
/// The temporary folder of one demo: the manifests of <c>examples/cafe</c> with the ports of the running back ends, the
/// certificate, the settings and the access log. Readable by its owner only, gone when disposed.
/// </summary>
internal sealed class CafeFolder : IDisposable
{
    public const string Host = "cafe.example.com";
    public const string SettingsName = "cafe/settings";

    // The ports that examples/cafe names, and the back ends that take their place.
    private static readonly (string Backend, string Port)[] ExamplePorts = [("coffee", "9081"), ("tea", "9082")];

    private readonly string _root = Directory.CreateTempSubdirectory("portico-demo-").FullName;

    public string Manifests => Path.Combine(_root, "manifests");

    public string AuthorityFile => Path.Combine(_root, "ca.crt");

    public string AccessLog => Path.Combine(_root, "access.log");

    public void Write(IReadOnlyCollection<DemoBackend> backends)
    {
        Directory.CreateDirectory(Manifests);
        foreach (var (file, text) in ExampleManifests())
        {
            File.WriteAllText(Path.Combine(Manifests, file), WithPortsOf(backends, text));
        }

        var certificate = CafeCertificate.Create(Host);
        File.WriteAllText(AuthorityFile, certificate.Authority);
        File.WriteAllText(AccessLog, "");
        File.WriteAllText(Path.Combine(Manifests, "cafe-tls.yaml"), SecretManifest(certificate));
        File.WriteAllText(Path.Combine(Manifests, "settings.yaml"), SettingsManifest());
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(_root, recursive: true);
        }
        catch (IOException)
        {
            // A file of ours is being written at this moment; what stays is a folder in the temporary directory.
        }
    }

    private static IEnumerable<(string File, string Text)> ExampleManifests()
    {
        const string Prefix = "cafe/";
        var assembly = typeof(CafeFolder).Assembly;
        foreach (var resource in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            yield return (resource[Prefix.Length..], reader.ReadToEnd());
        }
    }

    private static string WithPortsOf(IReadOnlyCollection<DemoBackend> backends, string text)
    {
        foreach (var (name, port) in ExamplePorts)
        {
            text = text.Replace($"port: {port}", $"port: {backends.First(b => b.Name == name).Port}", StringComparison.Ordinal);
        }

        return text;
    }

    private static string SecretManifest(CafeCertificate certificate) =>
        $"""
        apiVersion: v1
        kind: Secret
        metadata:
          name: cafe-tls
          namespace: cafe
        type: kubernetes.io/tls
        data:
          tls.crt: {Base64(certificate.Certificate)}
          tls.key: {Base64(certificate.Key)}
        """;

    private string SettingsManifest() =>
        $"""
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: settings
          namespace: cafe
        data:
          access-log-path: {AccessLog}
          log-format-upstream: '{RequestLine.Format}'
        """;

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
