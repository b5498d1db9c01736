using System.Globalization;
using System.Text;
using YamlDotNet.RepresentationModel;

namespace Portico.BehaviourTests;

/// <summary>The short way in which cases write an Ingress; becomes an ordinary manifest.</summary>
internal sealed record IngressShorthand(string Name, string Yaml)
{
    public static IngressShorthand Read(YamlNode node, int number)
    {
        var map = YamlMap.Of(node, "ingress");
        var name = map.Text("name") ?? string.Create(CultureInfo.InvariantCulture, $"i{number}");
        var text = new StringBuilder();
        text.AppendLine("apiVersion: networking.k8s.io/v1").AppendLine("kind: Ingress").AppendLine("metadata:");
        Line(text, 2, "name", name);
        Line(text, 2, "namespace", map.Text("namespace") ?? "default");
        if (map.Text("created") is { } created)
        {
            Line(text, 2, "creationTimestamp", created);
        }
        var annotations = map.Pairs("annotations");
        if (annotations.Count > 0)
        {
            text.AppendLine("  annotations:");
            foreach (var (key, value) in annotations)
            {
                Line(text, 4, key.Contains('/', StringComparison.Ordinal) ? key : "nginx.ingress.kubernetes.io/" + key, value);
            }
        }
        text.AppendLine("spec:");
        if ((map.Text("class") ?? "nginx") is not "none" and var className)
        {
            Line(text, 2, "ingressClassName", className);
        }
        AppendDefaultBackend(text, map.Text("default"));
        var host = map.Text("host");
        AppendTls(text, map, host);
        AppendRules(text, host, map.Pairs("paths"));
        map.RefuseUnread();
        return new IngressShorthand(name, text.ToString());
    }

    private static void AppendDefaultBackend(StringBuilder text, string? service)
    {
        if (service is not null)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  defaultBackend: {{{Service(service)}}}");
        }
    }

    private static void AppendTls(StringBuilder text, YamlMap map, string? host)
    {
        if (map.Text("tls") is { } secret)
        {
            var hosts = map.Texts("tls_hosts") is { Count: > 0 } listed ? listed : host is null ? [] : [host];
            text.AppendLine("  tls:").AppendLine(CultureInfo.InvariantCulture, $"  - hosts: [{string.Join(", ", hosts.Select(Quote))}]");
            if (secret != "default")
            {
                Line(text, 4, "secretName", secret);
            }
        }
    }

    // "[Type] /path: service[:port]"
    private static void AppendRules(StringBuilder text, string? host, IReadOnlyList<KeyValuePair<string, string>> paths)
    {
        if (host is null && paths.Count == 0)
        {
            return;
        }
        text.AppendLine("  rules:").AppendLine(host is null ? "  -" : "  - host: " + Quote(host));
        if (paths.Count == 0)
        {
            return;
        }
        text.AppendLine("    http:").AppendLine("      paths:");
        foreach (var (written, service) in paths)
        {
            var space = written.IndexOf(' ', StringComparison.Ordinal);
            var type = space < 0 ? "Prefix" : written[..space];
            text.AppendLine(CultureInfo.InvariantCulture, $"      - {{path: {Quote(written[(space + 1)..])}, pathType: {type}, backend: {{{Service(service)}}}}}");
        }
    }

    private static string Service(string written)
    {
        var parts = written.Split(':');
        var port = parts.Length == 1 ? "80" : parts[1];
        return $"service: {{name: {parts[0]}, port: {{{(int.TryParse(port, out _) ? "number" : "name")}: {port}}}}}";
    }

    private static void Line(StringBuilder text, int indent, string key, string value) =>
        text.Append(' ', indent).AppendLine(CultureInfo.InvariantCulture, $"{key}: {Quote(value)}");

    private static string Quote(string value) =>
        "\"" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "\"";
}
