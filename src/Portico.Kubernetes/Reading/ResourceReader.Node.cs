using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Reading;

/// <summary>v1 Node.</summary>
internal static partial class ResourceReader
{
    private static Node Node(ref FieldReader r)
    {
        var node = new Node();
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "metadata": node = node with { Metadata = Metadata(ref r) }; break;
                    case "spec": node = NodeSpec(ref r, node); break;
                    case "status": node = NodeStatus(ref r, node); break;
                    default: r.Skip(); break;
                }
            }
        }

        return node;
    }

    private static Node NodeSpec(ref FieldReader r, Node node)
    {
        var first = "";
        IReadOnlyList<string> cidrs = [], taints = [];
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "podCIDR": first = r.String(); break;
                    case "podCIDRs": cidrs = r.Strings(); break;
                    case "taints": taints = r.List(static (ref FieldReader t) => OnlyField(ref t, "key", static (ref FieldReader key) => key.String(), "")); break;
                    default: r.Skip(); break;
                }
            }
        }

        return node with { PodCidrs = cidrs.Count == 0 && first.Length > 0 ? [first] : cidrs, Taints = taints };
    }

    private static Node NodeStatus(ref FieldReader r, Node node)
    {
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "addresses":
                        var addresses = r.List(static (ref FieldReader a) => TypeAnd(ref a, "address"));
                        node = node with { InternalIPs = [.. addresses.Where(a => a.Type == "InternalIP").Select(a => a.Value)] };
                        break;
                    case "conditions":
                        var conditions = r.List(static (ref FieldReader c) => TypeAnd(ref c, "status"));
                        node = node with { NetworkUnavailable = conditions.Contains(("NetworkUnavailable", "True")) };
                        break;
                    default: r.Skip(); break;
                }
            }
        }

        return node;
    }

    private static (string Type, string Value) TypeAnd(ref FieldReader r, string other)
    {
        string type = "", value = "";
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                if (field == "type")
                {
                    type = r.String();
                }
                else if (field == other)
                {
                    value = r.String();
                }
                else
                {
                    r.Skip();
                }
            }
        }

        return (type, value);
    }
}
