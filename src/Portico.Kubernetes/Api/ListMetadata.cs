using Portico.Kubernetes.Reading;

namespace Portico.Kubernetes.Api;

/// <summary>The metadata of a list: its version, and the token of the next page.</summary>
internal readonly record struct ListMetadata(string ResourceVersion, string Continue)
{
    public static ListMetadata Read(ref FieldReader r)
    {
        string version = "", more = "";
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "resourceVersion": version = r.String(); break;
                    case "continue": more = r.String(); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new ListMetadata(version, more);
    }
}
