using System.Text;
using Portico.Flags;
using Portico.Ingress;
using Portico.Proxy.Observing.Metrics;

namespace Portico.Docs;

/// <summary>
/// The pages of <c>docs</c> that are made from declarations: annotations, keys of the ConfigMap, flags, metrics. One row is one line, in
/// alphabetical order, so that two changes beside each other merge.
/// </summary>
internal static class ReferencePages
{
    private const string Notice = "<!-- Made from the declarations by `./portico docs docs`. Change the declaration, not this page. -->";

    public static IEnumerable<(string FileName, string Text)> All() =>
    [
        ("annotations.md", Annotations()),
        ("configmap.md", ConfigMap()),
        ("flags.md", Flags()),
        ("metrics.md", Metrics()),
    ];

    private static string Annotations()
    {
        var page = Begin(
            "Annotations",
            """
            Every annotation of ingress-nginx 1.15 under the prefix `nginx.ingress.kubernetes.io/` (another one with `--annotations-prefix`), and
            those of Portico's own, which are written whole. An Ingress that carries an annotation whose risk is above the key `annotations-risk-level` (High unless set) is refused. A default in
            parentheses names the key of the ConfigMap that changes it. Whatever an annotation cannot do is said in the log of the gateway.
            """);
        page.Row("annotation", "value", "default", "risk", "scope", "an invalid value", "meaning");
        page.Rule(7);
        foreach (var row in IngressReference.Annotations)
        {
            page.Row(
                Code(WithoutPrefix(row.Name)) + (row.Alias is null ? "" : $" (also {Code(WithoutPrefix(row.Alias))})"),
                row.Values,
                row.Default + (row.ConfigKey is null ? "" : $" ({Code(row.ConfigKey)})"),
                row.Risk,
                row.Scope.ToLowerInvariant(),
                row.Invalid,
                Sentences(row.Meaning, row.Effect, Different(row.Difference)));
        }

        return page.ToString();
    }

    private static string ConfigMap()
    {
        var page = Begin(
            "Keys of the ConfigMap",
            """
            The ConfigMap that `--configmap` names. A change acts at once, without a restart and without cutting a connection. A value that cannot be
            read is reported and leaves its key at the default; an unknown key is reported with the closest name.
            """);
        page.Row("key", "default", "per Ingress", "meaning");
        page.Rule(4);
        foreach (var row in IngressReference.ConfigKeys)
        {
            page.Row(
                Code(row.Name),
                row.Default.Length == 0 ? "" : Code(row.Default),
                row.HasAnnotation ? "annotation" : "",
                Sentences(row.Meaning, row.Effect, Different(row.Difference)));
        }

        return page.ToString();
    }

    private static string Flags()
    {
        var page = Begin(
            "Flags of serve",
            """
            The flags of ingress-nginx 1.15 with their meanings, and some of our own. Between a flag and its value stands a blank or an equals sign;
            a switch needs no value, and takes true or false after an equals sign. A flag without effect is accepted with a warning; an unknown one
            is an error that names the closest.
            """);
        page.Row("flag", "value", "default", "subject", "meaning");
        page.Rule(5);
        foreach (var (group, flag) in ServeFlags.Groups.SelectMany(g => g.Select(f => (g, f))).OrderBy(p => p.f.Name, StringComparer.Ordinal))
        {
            page.Row(
                Code($"--{flag.Name}"),
                flag.IsSwitch ? "switch" : flag.ValueName,
                flag.DefaultInHelp,
                group.Title,
                flag.Effect switch
                {
                    FlagEffect.Implemented => flag.Doc,
                    FlagEffect.NotYet => Sentences(flag.Doc, $"Not in effect: {flag.Because}."),
                    _ => $"Accepted without effect: {flag.Because}.",
                });
        }

        return page.ToString();
    }

    private static string Metrics()
    {
        var page = Begin(
            "Metrics",
            """
            What the page `/metrics` of the administrative port shows. Names, labels and types of ingress-nginx need `--enable-metrics`. Where the
            labels end in "and the constant ones", each series carries controller_namespace, controller_class and controller_pod as well.
            """);
        page.Row("metric", "type", "labels", "meaning");
        page.Rule(4);
        foreach (var metric in MetricCatalog.All.OrderBy(m => m.Name, StringComparer.Ordinal))
        {
            var labels = string.Join(", ", metric.Labels);
            page.Row(
                Code(metric.Name),
                metric.Type.ToString().ToLowerInvariant(),
                !metric.HasConstantLabels ? labels : labels.Length == 0 ? "the constant ones" : $"{labels}, and the constant ones",
                metric.Help.EndsWith('.') ? metric.Help : metric.Help + ".");
        }

        return page.ToString();
    }

    private static MarkdownPage Begin(string title, string introduction) => new($"# {title}\n\n{Notice}\n\n{introduction.ReplaceLineEndings("\n")}\n\n");

    /// <summary>Annotations of Portico's own keep their prefix: no flag changes it.</summary>
    private static string WithoutPrefix(string name)
    {
        const string usual = "nginx.ingress.kubernetes.io/";
        return name.StartsWith(usual, StringComparison.Ordinal) ? name[usual.Length..] : name;
    }

    private static string Code(string text) => $"`{text}`";

    private static string Different(string difference) => difference.Length == 0 ? "" : $"Different from ingress-nginx: {difference}";

    private static string Sentences(params ReadOnlySpan<string> sentences)
    {
        var text = new StringBuilder();
        foreach (var sentence in sentences)
        {
            text.Append(text.Length > 0 && sentence.Length > 0 ? " " : "").Append(sentence);
        }

        return text.ToString();
    }
}
