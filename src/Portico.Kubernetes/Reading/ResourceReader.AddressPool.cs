using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Reading;

/// <summary>metallb.io/v1beta1 IPAddressPool and L2Advertisement, and the selectors in them.</summary>
internal static partial class ResourceReader
{
    /// <summary>An object of which metadata and spec count; the record is the spec's, with the metadata put in.</summary>
    private static (ObjectMeta Meta, T Spec) MetadataAndSpec<T>(ref FieldReader r, ItemReader<T> specOf)
        where T : new() =>
        r.Fields((Meta: new ObjectMeta(), Spec: new T()), (ref FieldReader f, string name, (ObjectMeta Meta, T Spec) read) => name switch
        {
            "metadata" => (Metadata(ref f), read.Spec),
            "spec" => (read.Meta, specOf(ref f)),
            _ => f.Skip(read),
        });

    private static IPAddressPool IPAddressPool(ref FieldReader r)
    {
        var read = r.Fields((Meta: new ObjectMeta(), Spec: new IPAddressPool(), Status: (IPAddressPoolStatus?)null), static (ref FieldReader f, string name, (ObjectMeta Meta, IPAddressPool Spec, IPAddressPoolStatus? Status) read) => name switch
        {
            "metadata" => (Metadata(ref f), read.Spec, read.Status),
            "spec" => (read.Meta, IPAddressPoolSpec(ref f), read.Status),
            "status" => (read.Meta, read.Spec, IPAddressPoolStatus(ref f)),
            _ => f.Skip(read),
        });
        return read.Spec with { Metadata = read.Meta, Status = read.Status };
    }

    private static IPAddressPoolStatus IPAddressPoolStatus(ref FieldReader r) =>
        r.Fields(new IPAddressPoolStatus(), static (ref FieldReader f, string name, IPAddressPoolStatus read) => name switch
        {
            "assignedIPv4" => read with { AssignedIPv4 = f.Int64() },
            "assignedIPv6" => read with { AssignedIPv6 = f.Int64() },
            "availableIPv4" => read with { AvailableIPv4 = f.Int64() },
            "availableIPv6" => read with { AvailableIPv6 = f.Int64() },
            _ => f.Skip(read),
        });

    private static IPAddressPool IPAddressPoolSpec(ref FieldReader r) =>
        r.Fields(new IPAddressPool(), static (ref FieldReader f, string name, IPAddressPool read) => name switch
        {
            "addresses" => read with { Addresses = f.Strings() },
            "autoAssign" => read with { AutoAssign = f.NullableBoolean() ?? true },
            "avoidBuggyIPs" => read with { AvoidBuggyIPs = f.NullableBoolean() ?? false },
            "serviceAllocation" => read with { ServiceAllocation = ServiceAllocation(ref f) },
            _ => f.Skip(read),
        });

    private static ServiceAllocation ServiceAllocation(ref FieldReader r) =>
        r.Fields(new ServiceAllocation(), static (ref FieldReader f, string name, ServiceAllocation read) => name switch
        {
            "priority" => read with { Priority = f.Int32() },
            "namespaces" => read with { Namespaces = f.Strings() },
            "namespaceSelectors" => read with { NamespaceSelectors = f.List(ObjectSelector) },
            "serviceSelectors" => read with { ServiceSelectors = f.List(ObjectSelector) },
            _ => f.Skip(read),
        });

    private static L2Advertisement L2Advertisement(ref FieldReader r)
    {
        var (meta, read) = MetadataAndSpec<L2Advertisement>(ref r, L2AdvertisementSpec);
        return read with { Metadata = meta };
    }

    private static L2Advertisement L2AdvertisementSpec(ref FieldReader r) =>
        r.Fields(new L2Advertisement(), static (ref FieldReader f, string name, L2Advertisement read) => name switch
        {
            "ipAddressPools" => read with { Pools = f.Strings() },
            "ipAddressPoolSelectors" => read with { PoolSelectors = f.List(ObjectSelector) },
            "nodeSelectors" => read with { NodeSelectors = f.List(ObjectSelector) },
            "serviceSelectors" => read with { ServiceSelectors = f.List(ObjectSelector) },
            "interfaces" => read with { Interfaces = f.Strings() },
            "preferredNodeSelectors" => read with { PreferredNodes = f.List(PreferredNodes) },
            _ => f.Skip(read),
        });

    private static PreferredNodes PreferredNodes(ref FieldReader r) =>
        r.Fields(new PreferredNodes(), static (ref FieldReader f, string name, PreferredNodes read) => name switch
        {
            "weight" => read with { Weight = f.Int32() },
            "preference" => read with { Preference = ObjectSelector(ref f) },
            _ => f.Skip(read),
        });

    private static ObjectSelector ObjectSelector(ref FieldReader r) =>
        r.Fields(new ObjectSelector(), static (ref FieldReader f, string name, ObjectSelector read) => name switch
        {
            "matchLabels" => read with { MatchLabels = f.StringMap() },
            "matchExpressions" => read with { MatchExpressions = f.List(SelectorRequirement) },
            _ => f.Skip(read),
        });

    private static SelectorRequirement SelectorRequirement(ref FieldReader r) =>
        r.Fields(new SelectorRequirement(), static (ref FieldReader f, string name, SelectorRequirement read) => name switch
        {
            "key" => read with { Key = f.String() },
            "operator" => read with { Operator = f.String() },
            "values" => read with { Values = f.Strings() },
            _ => f.Skip(read),
        });
}
