using System.Text.Json;
using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Reading;

/// <summary>What was wrong with an object's JSON: the byte offset and what should have stood there.</summary>
internal readonly record struct ReadFailure(long Offset, string Expected);

/// <summary>
/// Reads the JSON of one API object into its record; fields that Portico does not use are skipped.
/// The same reading serves manifests and the API server. Static and free of state: any thread.
/// </summary>
internal static partial class ResourceReader
{
    /// <summary>kubectl's copy of the manifest inside the object: it would double the memory of each object.</summary>
    private const string LastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>Null and a failure when a value has the wrong type.</summary>
    public static KubernetesObject? Read(ResourceKind kind, ReadOnlySpan<byte> utf8, out ReadFailure failure)
    {
        failure = default;
        try
        {
            var reader = new FieldReader(utf8);
            var read = Read(kind, ref reader);
            if (reader.Expected is null)
            {
                return read;
            }

            failure = new ReadFailure(reader.FailedAt, reader.Expected);
        }
        catch (JsonException error)
        {
            failure = new ReadFailure(error.BytePositionInLine ?? 0, "well-formed JSON");
        }

        return null;
    }

    private static KubernetesObject Read(ResourceKind kind, ref FieldReader reader) => kind switch
    {
        ResourceKind.Ingress => Ingress(ref reader),
        ResourceKind.IngressClass => IngressClass(ref reader),
        ResourceKind.Service => Service(ref reader),
        ResourceKind.EndpointSlice => EndpointSlice(ref reader),
        ResourceKind.Endpoints => Endpoints(ref reader),
        ResourceKind.Secret => Secret(ref reader),
        ResourceKind.ConfigMap => ConfigMap(ref reader),
        ResourceKind.Namespace => Namespace(ref reader),
        ResourceKind.Node => Node(ref reader),
        ResourceKind.IPAddressPool => IPAddressPool(ref reader),
        ResourceKind.L2Advertisement => L2Advertisement(ref reader),
        ResourceKind.BGPAdvertisement => BGPAdvertisement(ref reader),
        ResourceKind.BGPPeer => BGPPeer(ref reader),
        ResourceKind.Community => Community(ref reader),
        ResourceKind.BFDProfile => BFDProfile(ref reader),
        ResourceKind.ServiceCIDR => ServiceCIDR(ref reader),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static ObjectMeta Metadata(ref FieldReader r)
    {
        var meta = new ObjectMeta();
        if (!r.StartObject())
        {
            return meta;
        }

        string name = "", ns = "", uid = "", version = "";
        long generation = 0;
        DateTimeOffset? created = null, deleted = null;
        var (labels, annotations) = (meta.Labels, meta.Annotations);
        while (r.NextField(out var field))
        {
            switch (field)
            {
                case "name": name = r.String(); break;
                case "namespace": ns = r.String(); break;
                case "uid": uid = r.String(); break;
                case "resourceVersion": version = r.String(); break;
                case "generation": generation = r.Int64(); break;
                case "creationTimestamp": created = r.Timestamp(); break;
                case "deletionTimestamp": deleted = r.Timestamp(); break;
                case "labels": labels = r.StringMap(); break;
                case "annotations": annotations = Annotations(ref r); break;
                default: r.Skip(); break;
            }
        }

        return new ObjectMeta
        {
            Name = name,
            Namespace = ns,
            Uid = uid,
            ResourceVersion = version,
            Generation = generation,
            CreationTimestamp = created,
            DeletionTimestamp = deleted,
            Labels = labels,
            Annotations = annotations,
        };
    }

    private static CompactMap<string> Annotations(ref FieldReader r)
    {
        var entries = r.Map(static (ref FieldReader value) => value.String());
        entries.RemoveAll(static entry => entry.Key == LastAppliedAnnotation);
        return CompactMap<string>.From(entries);
    }

    private static ConfigMap ConfigMap(ref FieldReader r) =>
        r.Fields(new ConfigMap(), static (ref FieldReader f, string name, ConfigMap read) => name switch
        {
            "metadata" => read with { Metadata = Metadata(ref f) },
            "data" => read with { Data = f.StringMap() },
            _ => f.Skip(read),
        });

    /// <summary><c>stringData</c>, which only manifests have, wins over <c>data</c> wherever it stands in the file.</summary>
    private static Secret Secret(ref FieldReader r)
    {
        var meta = new ObjectMeta();
        var type = "Opaque";
        List<KeyValuePair<string, byte[]>> data = [], plain = [];
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "metadata": meta = Metadata(ref r); break;
                    case "type": type = r.String("Opaque"); break;
                    case "data": data = r.Map(static (ref FieldReader value) => value.Base64()); break;
                    case "stringData": plain = r.Map(static (ref FieldReader value) => value.PlainBytes()); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new Secret { Metadata = meta, Type = type, Data = CompactMap<byte[]>.From([.. data, .. plain]) };
    }

    private static ServiceCIDR ServiceCIDR(ref FieldReader r) =>
        r.Fields(new ServiceCIDR(), static (ref FieldReader f, string name, ServiceCIDR read) => name switch
        {
            "metadata" => read with { Metadata = Metadata(ref f) },
            "spec" => read with { Cidrs = OnlyField(ref f, "cidrs", static (ref FieldReader cidrs) => cidrs.Strings(), []) },
            _ => f.Skip(read),
        });

    private static Namespace Namespace(ref FieldReader r) =>
        new() { Metadata = OnlyField(ref r, "metadata", Metadata, new ObjectMeta()) };
}
