namespace Portico.Proxy.Observing.Metrics;

/// <summary>The labels that every series of ingress-nginx's metrics carries, so that several installations share one Prometheus.</summary>
/// <param name="Namespace">POD_NAMESPACE.</param>
/// <param name="Class">The value of <c>--controller-class</c>.</param>
/// <param name="Pod">POD_NAME.</param>
public sealed record ConstantLabels(string Namespace, string Class, string Pod)
{
    public const string DefaultClass = "k8s.io/ingress-nginx";

    public static ConstantLabels None { get; } = new("", DefaultClass, "");

    internal void AppendTo(LabelBuffer labels)
    {
        labels.Add("controller_class"u8, Class);
        labels.Add("controller_namespace"u8, Namespace);
        labels.Add("controller_pod"u8, Pod);
    }
}
