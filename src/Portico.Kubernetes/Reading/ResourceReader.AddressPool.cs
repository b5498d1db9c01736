using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Reading;

/// <summary>metallb.io/v1beta1 IPAddressPool and L2Advertisement, and the selectors in them.</summary>
internal static partial class ResourceReader
{
    /// <summary>An object of which metadata and spec count; the record is the spec's, with the metadata put in.</summary>
    private static (ObjectMeta Meta, T Spec) MetadataAndSpec<T>(ref FieldReader r, ItemReader<T> specOf)
        where T : new()
    {
        var (meta, spec) = (new ObjectMeta(), new T());
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "metadata": meta = Metadata(ref r); break;
                    case "spec": spec = specOf(ref r); break;
                    default: r.Skip(); break;
                }
            }
        }

        return (meta, spec);
    }

    private static IPAddressPool IPAddressPool(ref FieldReader r)
    {
        var (meta, read) = MetadataAndSpec<IPAddressPool>(ref r, IPAddressPoolSpec);
        return read with { Metadata = meta };
    }

    private static IPAddressPool IPAddressPoolSpec(ref FieldReader r)
    {
        var read = new IPAddressPool();
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "addresses": read = read with { Addresses = r.Strings() }; break;
                    case "autoAssign": read = read with { AutoAssign = r.NullableBoolean() ?? true }; break;
                    case "avoidBuggyIPs": read = read with { AvoidBuggyIPs = r.NullableBoolean() ?? false }; break;
                    case "serviceAllocation": read = read with { ServiceAllocation = ServiceAllocation(ref r) }; break;
                    default: r.Skip(); break;
                }
            }
        }

        return read;
    }

    private static ServiceAllocation ServiceAllocation(ref FieldReader r)
    {
        var read = new ServiceAllocation();
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "priority": read = read with { Priority = r.Int32() }; break;
                    case "namespaces": read = read with { Namespaces = r.Strings() }; break;
                    case "namespaceSelectors": read = read with { NamespaceSelectors = r.List(ObjectSelector) }; break;
                    case "serviceSelectors": read = read with { ServiceSelectors = r.List(ObjectSelector) }; break;
                    default: r.Skip(); break;
                }
            }
        }

        return read;
    }

    private static L2Advertisement L2Advertisement(ref FieldReader r)
    {
        var (meta, read) = MetadataAndSpec<L2Advertisement>(ref r, L2AdvertisementSpec);
        return read with { Metadata = meta };
    }

    private static L2Advertisement L2AdvertisementSpec(ref FieldReader r)
    {
        var read = new L2Advertisement();
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "ipAddressPools": read = read with { Pools = r.Strings() }; break;
                    case "ipAddressPoolSelectors": read = read with { PoolSelectors = r.List(ObjectSelector) }; break;
                    case "nodeSelectors": read = read with { NodeSelectors = r.List(ObjectSelector) }; break;
                    case "serviceSelectors": read = read with { ServiceSelectors = r.List(ObjectSelector) }; break;
                    case "interfaces": read = read with { Interfaces = r.Strings() }; break;
                    case "preferredNodeSelectors": read = read with { PreferredNodes = r.List(PreferredNodes) }; break;
                    default: r.Skip(); break;
                }
            }
        }

        return read;
    }

    private static PreferredNodes PreferredNodes(ref FieldReader r)
    {
        var read = new PreferredNodes();
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "weight": read = read with { Weight = r.Int32() }; break;
                    case "preference": read = read with { Preference = ObjectSelector(ref r) }; break;
                    default: r.Skip(); break;
                }
            }
        }

        return read;
    }

    private static ObjectSelector ObjectSelector(ref FieldReader r)
    {
        var read = new ObjectSelector();
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "matchLabels": read = read with { MatchLabels = r.StringMap() }; break;
                    case "matchExpressions": read = read with { MatchExpressions = r.List(SelectorRequirement) }; break;
                    default: r.Skip(); break;
                }
            }
        }

        return read;
    }

    private static SelectorRequirement SelectorRequirement(ref FieldReader r)
    {
        var read = new SelectorRequirement();
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "key": read = read with { Key = r.String() }; break;
                    case "operator": read = read with { Operator = r.String() }; break;
                    case "values": read = read with { Values = r.Strings() }; break;
                    default: r.Skip(); break;
                }
            }
        }

        return read;
    }
}
