using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Portico.ClusterScale;

/// <summary>The objects of a large cluster, as long as real ones are: labels, annotations, and what kubectl leaves behind.</summary>
internal static class Objects
{
    public static string Host(int number) => Text($"host-{number}.example.com");

    public static JsonObject Class() => new()
    {
        ["apiVersion"] = "networking.k8s.io/v1",
        ["kind"] = "IngressClass",
        ["metadata"] = new JsonObject { ["name"] = "nginx" },
        ["spec"] = new JsonObject { ["controller"] = "k8s.io/ingress-nginx" },
    };

    public static JsonObject Ingress(int number, int? service = null)
    {
        var paths = new JsonArray();
        foreach (var path in (string[])["/", "/api", "/static"])
        {
            paths.Add((JsonNode)new JsonObject
            {
                ["path"] = path,
                ["pathType"] = "Prefix",
                ["backend"] = new JsonObject { ["service"] = new JsonObject { ["name"] = Name("svc", service ?? number), ["port"] = new JsonObject { ["number"] = 80 } } },
            });
        }

        var metadata = Metadata(Name("ingress", number));
        metadata["annotations"] = new JsonObject
        {
            ["nginx.ingress.kubernetes.io/proxy-body-size"] = "8m",
            ["nginx.ingress.kubernetes.io/proxy-read-timeout"] = "120",
            ["kubectl.kubernetes.io/last-applied-configuration"] = new string('x', 900),
        };
        return new JsonObject
        {
            ["apiVersion"] = "networking.k8s.io/v1",
            ["kind"] = "Ingress",
            ["metadata"] = metadata,
            ["spec"] = new JsonObject
            {
                ["ingressClassName"] = "nginx",
                ["rules"] = new JsonArray(new JsonObject { ["host"] = Host(number), ["http"] = new JsonObject { ["paths"] = paths } }),
            },
        };
    }

    public static JsonObject Service(int number) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Service",
        ["metadata"] = Metadata(Name("svc", number)),
        ["spec"] = new JsonObject
        {
            ["type"] = "ClusterIP",
            ["clusterIP"] = Text($"10.96.{number / 250}.{(number % 250) + 1}"),
            ["selector"] = new JsonObject { ["app"] = Name("svc", number) },
            ["ports"] = new JsonArray(new JsonObject { ["name"] = "http", ["port"] = 80, ["targetPort"] = 8080, ["protocol"] = "TCP" }),
        },
    };

    /// <summary>Five endpoints below a prefix, or one that is a whole address.</summary>
    public static JsonObject Slice(int number, string address, int port = 8080)
    {
        var endpoints = new JsonArray();
        foreach (var last in address.EndsWith('.') ? (string[])["1", "2", "3", "4", "5"] : [""])
        {
            endpoints.Add((JsonNode)new JsonObject
            {
                ["addresses"] = new JsonArray(address + last),
                ["conditions"] = new JsonObject { ["ready"] = true, ["serving"] = true, ["terminating"] = false },
                ["nodeName"] = "node-" + last,
                ["targetRef"] = new JsonObject { ["kind"] = "Pod", ["name"] = Name("svc", number) + "-" + last, ["namespace"] = "default" },
            });
        }

        var metadata = Metadata(Name("svc", number) + "-abcde");
        metadata["labels"]!["kubernetes.io/service-name"] = Name("svc", number);
        return new JsonObject
        {
            ["apiVersion"] = "discovery.k8s.io/v1",
            ["kind"] = "EndpointSlice",
            ["addressType"] = "IPv4",
            ["metadata"] = metadata,
            ["ports"] = new JsonArray(new JsonObject { ["name"] = "http", ["port"] = port, ["protocol"] = "TCP" }),
            ["endpoints"] = endpoints,
        };
    }

    /// <summary>One user, whose password is "secret".</summary>
    public static JsonObject Passwords(string user) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["metadata"] = new JsonObject { ["name"] = "passwords", ["namespace"] = "default" },
        ["type"] = "Opaque",
        ["data"] = new JsonObject { ["auth"] = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{user}:{{SHA}}5en6G6MezRroT3XKqkdPOmY/BfQ=\n")) },
    };

    /// <summary>An Ingress that asks for those passwords.</summary>
    public static JsonObject Guarded(int number, int service)
    {
        var ingress = Ingress(number, service);
        ingress["metadata"]!["annotations"]!["nginx.ingress.kubernetes.io/auth-type"] = "basic";
        ingress["metadata"]!["annotations"]!["nginx.ingress.kubernetes.io/auth-secret"] = "passwords";
        return ingress;
    }

    /// <summary>What an API server sends a webhook about a new Ingress.</summary>
    public static JsonObject Review(int number)
    {
        var ingress = Ingress(number);
        ingress["metadata"]!["uid"] = Guid.NewGuid().ToString();
        return new JsonObject
        {
            ["apiVersion"] = "admission.k8s.io/v1",
            ["kind"] = "AdmissionReview",
            ["request"] = new JsonObject
            {
                ["uid"] = Guid.NewGuid().ToString(),
                ["kind"] = new JsonObject { ["group"] = "networking.k8s.io", ["version"] = "v1", ["kind"] = "Ingress" },
                ["resource"] = new JsonObject { ["group"] = "networking.k8s.io", ["version"] = "v1", ["resource"] = "ingresses" },
                ["namespace"] = "default",
                ["name"] = Name("ingress", number),
                ["operation"] = "CREATE",
                ["object"] = ingress,
            },
        };
    }

    private static JsonObject Metadata(string name) => new()
    {
        ["name"] = name,
        ["namespace"] = "default",
        ["labels"] = new JsonObject { ["app.kubernetes.io/name"] = name, ["app.kubernetes.io/managed-by"] = "Helm" },
    };

    private static string Name(string prefix, int number) => Text($"{prefix}-{number}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
