using System.Text;
using Portico.Kubernetes.Manifests;
using Portico.Kubernetes.Resources;
using Xunit;
using static Portico.UnitTests.Kubernetes.Manifests.ManifestText;
using IngressObject = Portico.Kubernetes.Resources.Ingress;

namespace Portico.UnitTests.Kubernetes.Manifests;

public class ManifestReaderTests
{
    [Fact]
    public void An_ingress_is_read_with_all_its_parts()
    {
        var ingress = One<IngressObject>("""
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              name: cafe
              namespace: shop
              uid: 1a
              resourceVersion: "12"
              generation: 3
              creationTimestamp: 2024-05-06T07:08:09Z
              labels: {app: cafe}
              annotations:
                nginx.ingress.kubernetes.io/rewrite-target: /$1
                kubectl.kubernetes.io/last-applied-configuration: '{"big":1}'
              managedFields: [{manager: kubectl, fieldsV1: {"f:spec": {}}}]
            spec:
              ingressClassName: nginx
              defaultBackend: {resource: {apiGroup: k8s.example.com, kind: Bucket, name: icons}}
              tls:
              - hosts: [a.test, b.test]
                secretName: tls-a
              rules:
              - host: a.test
                http:
                  paths:
                  - {path: /tea, pathType: Exact, backend: {service: {name: tea, port: {name: http}}}}
                  - {path: /coffee, pathType: Prefix, backend: {service: {name: coffee, port: {number: 80}}}}
              - {}
            status: {loadBalancer: {}}
            """);

        Assert.Equal(new ObjectKey(ResourceKind.Ingress, "shop", "cafe"), ingress.Key);
        Assert.Equal(("1a", "12", 3L), (ingress.Metadata.Uid, ingress.Metadata.ResourceVersion, ingress.Metadata.Generation));
        Assert.Equal(new DateTimeOffset(2024, 5, 6, 7, 8, 9, TimeSpan.Zero), ingress.Metadata.CreationTimestamp);
        Assert.Equal("cafe", ingress.Metadata.Labels["app"]);
        Assert.Equal(["nginx.ingress.kubernetes.io/rewrite-target"], ingress.Metadata.Annotations.Keys);
        Assert.Equal("nginx", ingress.Spec.IngressClassName);
        Assert.Equal("icons", ingress.Spec.DefaultBackend?.Resource?.Name);
        Assert.Equal(["a.test", "b.test"], Assert.Single(ingress.Spec.Tls).Hosts);
        Assert.Equal(2, ingress.Spec.Rules.Count);
        var paths = ingress.Spec.Rules[0].Http!.Paths;
        Assert.Equal(["/tea", "/coffee"], paths.Select(path => path.Path));
        Assert.Equal(["http", "80"], paths.Select(path => path.Backend!.Service!.Port!.Text));
        Assert.Equal(("", null), (ingress.Spec.Rules[1].Host, ingress.Spec.Rules[1].Http));
    }

    [Fact]
    public void What_is_absent_or_null_has_the_default_of_the_api_server()
    {
        var service = One<Service>("""
            apiVersion: v1
            kind: Service
            metadata: {name: web, annotations: null, labels: , creationTimestamp: null}
            spec: {type: , clusterIPs: null, ports: [{port: 80, protocol: null}, {port: 81, targetPort: http}, {port: 82, targetPort: 8080}]}
            """);

        Assert.Equal("default", service.Metadata.Namespace);
        Assert.Empty(service.Metadata.Annotations);
        Assert.Null(service.Metadata.CreationTimestamp);
        Assert.Equal("ClusterIP", service.Spec.Type);
        Assert.Equal(["", "http", "8080"], service.Spec.Ports.Select(port => port.TargetPort));
        Assert.Equal("TCP", service.Spec.Ports[0].Protocol);
        Assert.Null(One<IngressObject>("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec: {ingressClassName: }\n").Spec.IngressClassName);
    }

    [Fact]
    public void Slices_endpoints_classes_and_namespaces_are_read()
    {
        var content = Read("""
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
            addressType: IPv4
            ports: [{name: http, port: 8080}, {name: any, port: null, appProtocol: kubernetes.io/h2c}]
            endpoints:
            - {addresses: [10.0.0.1], conditions: {ready: true, serving: yes, terminating: off}, nodeName: n1, zone: z1}
            - {addresses: [10.0.0.2]}
            ---
            apiVersion: v1
            kind: Endpoints
            metadata: {name: old}
            subsets: [{addresses: [{ip: 10.0.0.3}], notReadyAddresses: [{ip: 10.0.0.4}], ports: [{port: 80, protocol: UDP}]}]
            ---
            apiVersion: networking.k8s.io/v1
            kind: IngressClass
            metadata: {name: nginx, namespace: ignored}
            spec: {controller: k8s.io/ingress-nginx, parameters: {kind: X, name: y}}
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop, labels: {team: a}}
            """);

        Assert.Empty(content.Errors);
        var slice = Assert.IsType<EndpointSlice>(content.Objects[0].Object);
        Assert.Equal([8080, null], slice.Ports.Select(port => port.Port));
        Assert.Equal(new EndpointConditions { Ready = true, Serving = true, Terminating = false }, slice.Endpoints[0].Conditions);
        Assert.Equal(new EndpointConditions(), slice.Endpoints[1].Conditions);
        var subset = Assert.Single(Assert.IsType<Endpoints>(content.Objects[1].Object).Subsets);
        Assert.Equal(("10.0.0.3", "10.0.0.4", "UDP"), (subset.Addresses[0].Ip, subset.NotReadyAddresses[0].Ip, subset.Ports[0].Protocol));
        Assert.Equal(new ObjectKey(ResourceKind.IngressClass, "", "nginx"), content.Objects[2].Object.Key);
        Assert.Equal("k8s.io/ingress-nginx", Assert.IsType<IngressClass>(content.Objects[2].Object).Spec.Controller);
        Assert.Equal(new ObjectKey(ResourceKind.Namespace, "", "shop"), content.Objects[3].Object.Key);
        Assert.Equal([1, 10, 15, 20], content.Objects.Select(found => found.Line));
    }

    [Fact]
    public void A_secret_is_decoded_and_its_plain_text_wins()
    {
        var secret = One<Secret>("""
            apiVersion: v1
            kind: Secret
            metadata: {name: s}
            type: kubernetes.io/tls
            stringData: {a: plain, c: "ü\n"}
            data:
              a: b2xk
              b: |
                bG9u
                Zw==
              empty: ""
            """);

        Assert.Equal("kubernetes.io/tls", secret.Type);
        Assert.Equal(["a", "b", "c", "empty"], secret.Data.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["plain", "long", "ü\n", ""], secret.Data.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => Encoding.UTF8.GetString(entry.Value)));
    }

    [Fact]
    public void A_secret_that_is_not_base64_is_refused_by_its_key_and_never_shown()
    {
        var error = Error("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  ok: b2s=\n  tls.key: 'hunter2 !'\n");
        Assert.Equal((6, "data[tls.key]: expected base64 (plain text belongs in stringData), found a string"), (error.Line, error.Message));
        Assert.DoesNotContain("hunter2", Error("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  a: [hunter2]\n").Message, StringComparison.Ordinal);
        Assert.Equal("stringData.pin: expected a string, found a number; quote it", Error("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  pin: 1234\n").Message);
    }

    [Theory]
    [InlineData("spec:\n  rules:\n  - http:\n      paths:\n      - backend: {service: {name: a, port: {number: http}}}",
        8, "spec.rules[0].http.paths[0].backend.service.port.number: expected a number, found 'http'")]
    [InlineData("spec:\n  rules:\n  - http:\n      paths:\n      - backend:\n          service: {name: a, port: {number: '80'}}",
        9, "spec.rules[0].http.paths[0].backend.service.port.number: expected a number, found '80'; write it without quotes: 80")]
    [InlineData("spec: {defaultBackend: {service: {name: a, port: {number: 80.5}}}}", 4,
        "spec.defaultBackend.service.port.number: expected a whole number of 32 bits, found the number 80.5")]
    [InlineData("spec: {defaultBackend: {service: {name: a, port: {number: 99999999999}}}}", 4,
        "spec.defaultBackend.service.port.number: expected a whole number of 32 bits, found the number 99999999999")]
    [InlineData("spec: {defaultBackend: {service: {name: a, port: {number: .inf}}}}", 4,
        "spec.defaultBackend.service.port.number: expected a whole number of 32 bits, found the number .inf")]
    [InlineData("spec:\n  rules: {host: a}", 5, "spec.rules: expected a list, found a mapping")]
    [InlineData("spec:\n  rules:\n  - a.test", 6, "spec.rules[0]: expected a mapping, found 'a.test'")]
    [InlineData("spec: [1]", 4, "spec: expected a mapping, found a list")]
    [InlineData("spec:\n  tls:\n  - hosts:\n    - a.test\n    - true", 8,
        "spec.tls[0].hosts[1]: expected a string, found the boolean true; quote it: \"true\"")]
    [InlineData("spec: {ingressClassName: 5}", 4, "spec.ingressClassName: expected a string, found the number 5; quote it: \"5\"")]
    public void A_value_of_the_wrong_type_is_named_with_line_and_field(string spec, int line, string message)
    {
        var error = Error("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\n" + spec + "\n");
        Assert.Equal((line, message), (error.Line, error.Message));
        Assert.Equal(new ObjectKey(ResourceKind.Ingress, "default", "web"), error.Key);
    }

    [Theory]
    [InlineData("true", "the boolean true; quote it: \"true\"")]
    [InlineData("on", "the boolean on; quote it: \"on\"")]
    [InlineData("8", "the number 8; quote it: \"8\"")]
    [InlineData("0x1F", "the number 0x1F; quote it: \"0x1F\"")]
    [InlineData("1_000", "the number 1_000; quote it: \"1_000\"")]
    [InlineData("[a]", "a list")]
    [InlineData("{a: b}", "a mapping")]
    public void An_annotation_that_is_no_string_is_refused_with_the_way_to_write_it(string value, string found)
    {
        var error = Error($"apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations:\n    a/b: ok\n    nginx.ingress.kubernetes.io/x: {value}\n");
        Assert.Equal((7, $"metadata.annotations[nginx.ingress.kubernetes.io/x]: expected a string, found {found}"), (error.Line, error.Message));
    }

    [Theory]
    [InlineData("'true'", "true")]
    [InlineData("\"8\"", "8")]
    [InlineData("8k", "8k")]
    [InlineData("10s", "10s")]
    [InlineData("1.2.3.4", "1.2.3.4")]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("2024-01-02", "2024-01-02")]
    [InlineData("!!str 8", "8")]
    [InlineData("! 8", "8")]
    [InlineData("", "")]
    [InlineData("~", "")]
    [InlineData("/$1", "/$1")]
    [InlineData("|\n      a\n      b", "a\nb\n")]
    [InlineData("-", null)]
    public void A_string_is_taken_as_it_is_meant(string value, string? meant)
    {
        var text = $"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n    key: {value}\n";
        if (meant is null)
        {
            Assert.Single(Read(text).Errors);
            return;
        }

        Assert.Equal(meant, One<ConfigMap>(text).Data["key"]);
    }

    [Theory]
    [InlineData("80", 80)]
    [InlineData("0x50", 80)]
    [InlineData("0o120", 80)]
    [InlineData("0120", 80)]
    [InlineData("0b1010000", 80)]
    [InlineData("8_0", 80)]
    [InlineData("80.0", 80)]
    [InlineData("8e1", 80)]
    [InlineData("+80", 80)]
    [InlineData("!!int '80'", 80)]
    public void A_number_may_be_written_in_every_way_that_kubectl_reads(string value, int number) =>
        Assert.Equal(number, One<Service>($"apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec: {{ports: [{{port: {value}}}]}}\n").Spec.Ports[0].Port);

    [Theory]
    [InlineData("2024-05-06T07:08:09Z", true)]
    [InlineData("2024-05-06T09:08:09+02:00", true)]
    [InlineData("2024-05-06T07:08:09.123456Z", true)]
    [InlineData("2024-05-06", false)]
    [InlineData("2024-05-06 07:08:09", false)]
    [InlineData("2024-05-06T07:08:09", false)]
    [InlineData("2024-13-06T07:08:09Z", false)]
    public void A_time_is_rfc_3339(string time, bool isValid)
    {
        var content = Read($"apiVersion: v1\nkind: Namespace\nmetadata: {{name: n, creationTimestamp: '{time}'}}\n");
        Assert.Equal(isValid, content.Errors.Count == 0);
        if (isValid)
        {
            Assert.Equal(new DateTime(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc), content.Objects[0].Object.Metadata.CreationTimestamp!.Value.UtcDateTime, TimeSpan.FromSeconds(1));
        }
        else
        {
            Assert.StartsWith("metadata.creationTimestamp: expected an RFC 3339 time", content.Errors[0].Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Lists_are_unpacked_and_their_items_fail_alone()
    {
        var content = Read("""
            apiVersion: v1
            kind: List
            items:
            - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
            - {apiVersion: v1, kind: ConfigMap, metadata: {name: b}, data: {x: 1}}
            - {apiVersion: apps/v1, kind: Deployment, metadata: {name: d}}
            - {apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Namespace, metadata: {name: n}}]}
            - 7
            ---
            apiVersion: networking.k8s.io/v1
            kind: IngressList
            metadata: {resourceVersion: "1"}
            items: [{metadata: {name: i, namespace: x}}]
            ---
            apiVersion: v1
            kind: List
            items: null
            """);

        Assert.Equal(["a", "n", "i"], content.Objects.Select(found => found.Object.Metadata.Name));
        Assert.Equal(1, content.Skipped);
        Assert.Equal([(5, "items[1].data.x: expected a string, found the number 1; quote it: \"1\""), (8, "items[4]: a manifest is a mapping with apiVersion, kind and metadata")],
            content.Errors.Select(error => (error.Line, error.Message)));
        Assert.Equal("b", content.Errors[0].Key?.Name);
    }

    [Fact]
    public void Json_is_read_in_every_shape()
    {
        const string One = "{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"ConfigMap\",\n\t\"metadata\": {\"name\": \"NAME\"},\n\t\"data\": {\"k\": \"a\\/b \\ud83d\\ude00\\n\", \"LONG\": \"1\"}\n}\n";
        var text = One.Replace("LONG", new string('x', 3000), StringComparison.Ordinal);
        var content = Read(text.Replace("NAME", "a", StringComparison.Ordinal) + text.Replace("NAME", "b", StringComparison.Ordinal)
            + "---\n{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"c\"},\"data\":{\"k\":\"v\",}}");

        Assert.Empty(content.Errors);
        Assert.Equal(["a", "b", "c"], content.Objects.Select(found => found.Object.Metadata.Name));
        Assert.Equal("a/b 😀\n", Assert.IsType<ConfigMap>(content.Objects[1].Object).Data["k"]);
    }

    [Fact]
    public void Other_kinds_are_counted_and_nothing_else()
    {
        var content = Read("""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d}
            ---
            apiVersion: serving.knative.dev/v1
            kind: Service
            metadata: {name: s}
            ---
            # only a comment
            ---
            ---
            apiVersion: v1
            kind: Pod
            """);
        Assert.Equal((0, 0, 3), (content.Objects.Count, content.Errors.Count, content.Skipped));
    }

    [Theory]
    [InlineData("kind: Service\nmetadata: {name: a}", 1, "apiVersion: required; write v1")]
    [InlineData("kind: Thing\nmetadata: {name: a}", 1, "apiVersion: required")]
    [InlineData("apiVersion: v1\nmetadata: {name: a}", 1, "kind: required")]
    [InlineData("apiVersion: v1\nkind: Ingress\nmetadata: {name: a}", 1, "apiVersion: there is no Ingress in v1; write networking.k8s.io/v1")]
    [InlineData("\napiVersion: discovery.k8s.io/v1beta1\nkind: EndpointSlice\nmetadata: {name: a}", 2, "apiVersion: there is no EndpointSlice in discovery.k8s.io/v1beta1; write discovery.k8s.io/v1")]
    [InlineData("apiVersion: networking.k8s.io/v1\nkind: ingress\nmetadata: {name: a}", 1, "kind: 'ingress' is written Ingress")]
    [InlineData("apiVersion: v1\nkind: Service\nspec: {}", 1, "metadata.name: required")]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata: {generateName: a-}", 3, "metadata.name: required (generateName needs an API server)")]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata: {name: 5}", 3, "metadata.name: expected a string, found the number 5; quote it: \"5\"")]
    [InlineData("apiVersion: v1\nkind: List\nitems: {}", 3, "items: expected a list, found a mapping")]
    [InlineData("just text", 1, "a manifest is a mapping with apiVersion, kind and metadata")]
    [InlineData("- a\n- b", 1, "a manifest is a mapping with apiVersion, kind and metadata")]
    public void A_document_that_is_no_manifest_says_what_it_lacks(string text, int line, string message)
    {
        var error = Error(text + "\n");
        Assert.Equal((line, message), (error.Line, error.Message));
    }

    [Fact]
    public void Text_that_kubectl_could_not_read_is_an_error_with_its_line()
    {
        var notUtf8 = ManifestReader.Read((byte[])[.. "a: 1\nb: "u8, 0xff, .. "\n"u8]);
        Assert.Equal((2, "not UTF-8 text"), (notUtf8.Errors[0].Line, notUtf8.Errors[0].Message));
        Assert.Equal((2, "the character U+0000 is not allowed in YAML"), (Error("a: 1\n\0b: 2\n").Line, Error("a: 1\n\0b: 2\n").Message));
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void A_byte_order_mark_tells_the_encoding(string name)
    {
        var encoding = Encoding.GetEncoding(name);
        byte[] bytes = [.. encoding.GetPreamble(), .. encoding.GetBytes(ConfigMap("a"))];
        Assert.Equal("a", Assert.Single(ManifestReader.Read(bytes).Objects).Object.Metadata.Name);
    }

    [Fact]
    public void Documents_whose_text_is_unchanged_are_not_read_again()
    {
        var first = Read(ConfigMap("a") + "---\n" + ConfigMap("b"));
        var second = ManifestReader.Read(Encoding.UTF8.GetBytes("# more\n" + ConfigMap("a", "new") + "---\n" + ConfigMap("b")), first);
        Assert.NotSame(first.Objects[0].Object, second.Objects[0].Object);
        Assert.Same(first.Objects[1].Object, second.Objects[1].Object);
        Assert.Equal(first.Objects[1].Line + 1, second.Objects[1].Line);
    }

    [Fact]
    public void The_fingerprint_is_that_of_the_content_not_of_the_text()
    {
        var block = Read("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n");
        var flow = Read("# comment\n{apiVersion: v1, kind: \"ConfigMap\", metadata: {name: 'a'}}\n");
        Assert.Equal(block.Objects[0].Fingerprint, flow.Objects[0].Fingerprint);
        Assert.NotEqual(block.Objects[0].Fingerprint, Read("{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}").Objects[0].Fingerprint);
    }

    [Fact]
    public void Equal_short_strings_of_different_objects_are_one()
    {
        var content = Read(ManifestText.Ingress("a") + "---\n" + ManifestText.Ingress("b"));
        var (a, b) = ((IngressObject)content.Objects[0].Object, (IngressObject)content.Objects[1].Object);
        Assert.Same(a.Spec.Rules[0].Http!.Paths[0].PathType, b.Spec.Rules[0].Http!.Paths[0].PathType);
        Assert.Same(a.Spec.Rules[0].Host, b.Spec.Rules[0].Host);
    }
}
