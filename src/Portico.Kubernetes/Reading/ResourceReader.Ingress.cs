using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Reading;

/// <summary>networking.k8s.io/v1.</summary>
internal static partial class ResourceReader
{
    private static IngressClass IngressClass(ref FieldReader r)
    {
        var meta = new ObjectMeta();
        var controller = "";
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "metadata": meta = Metadata(ref r); break;
                    case "spec": controller = Controller(ref r); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new IngressClass { Metadata = meta, Spec = new IngressClassSpec { Controller = controller } };
    }

    private static string Controller(ref FieldReader r)
    {
        var controller = "";
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "controller": controller = r.String(); break;
                    default: r.Skip(); break;
                }
            }
        }

        return controller;
    }

    private static Ingress Ingress(ref FieldReader r)
    {
        var meta = new ObjectMeta();
        var spec = new IngressSpec();
        IReadOnlyList<LoadBalancerAddress> addresses = [];
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "metadata": meta = Metadata(ref r); break;
                    case "spec": spec = IngressSpec(ref r); break;
                    case "status": addresses = IngressStatus(ref r); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new Ingress { Metadata = meta, Spec = spec, LoadBalancer = addresses };
    }

    private static IReadOnlyList<LoadBalancerAddress> IngressStatus(ref FieldReader r)
    {
        IReadOnlyList<LoadBalancerAddress> addresses = [];
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "loadBalancer": addresses = IngressAddresses(ref r); break;
                    default: r.Skip(); break;
                }
            }
        }

        return addresses;
    }

    private static IReadOnlyList<LoadBalancerAddress> IngressAddresses(ref FieldReader r)
    {
        IReadOnlyList<LoadBalancerAddress> addresses = [];
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "ingress": addresses = r.List(IngressAddress); break;
                    default: r.Skip(); break;
                }
            }
        }

        return addresses;
    }

    private static LoadBalancerAddress IngressAddress(ref FieldReader r)
    {
        string ip = "", name = "";
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "ip": ip = r.String(); break;
                    case "hostname": name = r.String(); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new LoadBalancerAddress(ip, name);
    }

    private static IngressSpec IngressSpec(ref FieldReader r)
    {
        string? className = null;
        IngressBackend? defaultBackend = null;
        IReadOnlyList<IngressTls> tls = [];
        IReadOnlyList<IngressRule> rules = [];
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "ingressClassName": className = r.NullableString(); break;
                    case "defaultBackend": defaultBackend = IngressBackend(ref r); break;
                    case "tls": tls = r.List(IngressTls); break;
                    case "rules": rules = r.List(IngressRule); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new IngressSpec { IngressClassName = className, DefaultBackend = defaultBackend, Tls = tls, Rules = rules };
    }

    private static IngressTls IngressTls(ref FieldReader r)
    {
        IReadOnlyList<string> hosts = [];
        var secret = "";
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "hosts": hosts = r.Strings(); break;
                    case "secretName": secret = r.String(); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new IngressTls { Hosts = hosts, SecretName = secret };
    }

    private static IngressRule IngressRule(ref FieldReader r)
    {
        var host = "";
        HttpIngressRuleValue? http = null;
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "host": host = r.String(); break;
                    case "http": http = HttpRule(ref r); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new IngressRule { Host = host, Http = http };
    }

    private static HttpIngressRuleValue? HttpRule(ref FieldReader r)
    {
        if (!r.StartObject())
        {
            return null;
        }

        IReadOnlyList<HttpIngressPath> paths = [];
        while (r.NextField(out var field))
        {
            switch (field)
            {
                case "paths": paths = r.List(IngressPath); break;
                default: r.Skip(); break;
            }
        }

        return new HttpIngressRuleValue { Paths = paths };
    }

    private static HttpIngressPath IngressPath(ref FieldReader r)
    {
        var path = "";
        string? pathType = null;
        IngressBackend? backend = null;
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "path": path = r.String(); break;
                    case "pathType": pathType = r.NullableString(); break;
                    case "backend": backend = IngressBackend(ref r); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new HttpIngressPath { Path = path, PathType = pathType, Backend = backend };
    }

    private static IngressBackend? IngressBackend(ref FieldReader r)
    {
        if (!r.StartObject())
        {
            return null;
        }

        IngressServiceBackend? service = null;
        TypedLocalObjectReference? resource = null;
        while (r.NextField(out var field))
        {
            switch (field)
            {
                case "service": service = ServiceBackend(ref r); break;
                case "resource": resource = ResourceReference(ref r); break;
                default: r.Skip(); break;
            }
        }

        return new IngressBackend { Service = service, Resource = resource };
    }

    private static IngressServiceBackend? ServiceBackend(ref FieldReader r)
    {
        if (!r.StartObject())
        {
            return null;
        }

        var name = "";
        ServiceBackendPort? port = null;
        while (r.NextField(out var field))
        {
            switch (field)
            {
                case "name": name = r.String(); break;
                case "port": port = ServiceBackendPort(ref r); break;
                default: r.Skip(); break;
            }
        }

        return new IngressServiceBackend { Name = name, Port = port };
    }

    private static ServiceBackendPort? ServiceBackendPort(ref FieldReader r)
    {
        if (!r.StartObject())
        {
            return null;
        }

        string? name = null;
        int? number = null;
        while (r.NextField(out var field))
        {
            switch (field)
            {
                case "name": name = r.NullableString(); break;
                case "number": number = r.NullableInt32(); break;
                default: r.Skip(); break;
            }
        }

        return new ServiceBackendPort { Name = name, Number = number };
    }

    private static TypedLocalObjectReference? ResourceReference(ref FieldReader r)
    {
        if (!r.StartObject())
        {
            return null;
        }

        string group = "", kind = "", name = "";
        while (r.NextField(out var field))
        {
            switch (field)
            {
                case "apiGroup": group = r.String(); break;
                case "kind": kind = r.String(); break;
                case "name": name = r.String(); break;
                default: r.Skip(); break;
            }
        }

        return new TypedLocalObjectReference { ApiGroup = group, Kind = kind, Name = name };
    }
}
