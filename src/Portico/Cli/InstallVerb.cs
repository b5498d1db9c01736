using System.CommandLine;
using Portico.Install;
using Portico.Install.GoTemplate;

namespace Portico.Cli;

/// <summary><c>portico install</c>: prints the manifests of an installation, for <c>kubectl apply -f -</c>.</summary>
internal static class InstallVerb
{
    private const string DefaultMode = "loadbalancer";

    public static Command Create()
    {
        var chart = Chart.Embedded();
        var mode = new Option<string>("--mode")
        {
            Description = $"How clients reach the gateway: {string.Join(", ", chart.Modes.Order(StringComparer.Ordinal))}. [{DefaultMode}]",
            HelpName = "MODE",
            DefaultValueFactory = _ => DefaultMode,
        };
        mode.AcceptOnlyFromAmong([.. chart.Modes]);
        var release = new Option<string>("--release") { Description = "The name of the installation. [portico]", HelpName = "NAME", DefaultValueFactory = _ => "portico" };
        var space = new Option<string>("--namespace") { Description = "Where it goes. [portico]", HelpName = "NAMESPACE", DefaultValueFactory = _ => "portico" };
        var withoutNamespace = new Option<bool>("--no-create-namespace") { Description = "Leave the Namespace object out.", HelpName = "" };
        var files = new Option<string[]>("--values") { Description = "A file of values, as for Helm's chart. May be given several times.", HelpName = "FILE" };
        var sets = new Option<string[]>("--set") { Description = "Single values, e.g. controller.replicaCount=3. May be given several times.", HelpName = "NAME=VALUE" };
        var texts = new Option<string[]>("--set-string") { Description = "The same, for values that are texts whatever they look like.", HelpName = "NAME=VALUE" };
        var install = new Command("install", "Print the manifests that install the gateway in a cluster.") { mode, release, space, withoutNamespace, files, sets, texts };
        install.SetAction(parsed => Run(
            chart,
            new Release(parsed.GetValue(release)!, parsed.GetValue(space)!),
            parsed.GetValue(mode)!,
            !parsed.GetValue(withoutNamespace),
            parsed.GetValue(files) ?? [],
            [.. (parsed.GetValue(sets) ?? []).Select(s => (s, false)), .. (parsed.GetValue(texts) ?? []).Select(s => (s, true))]));
        return install;
    }

    private static int Run(Chart chart, Release release, string mode, bool withNamespace, string[] files, (string Setting, bool AsText)[] sets)
    {
        try
        {
            var values = chart.NewValues();
            values.Overlay(chart.ModeValues(mode));
            foreach (var file in files)
            {
                foreach (var unknown in values.Overlay(ChartYaml.ReadMap(File.ReadAllText(file), file)))
                {
                    Console.Error.WriteLine($"portico install: warning: {file}: the chart has no value {unknown}; it has no effect{Hint(values, unknown)}");
                }
            }

            foreach (var (setting, asText) in sets)
            {
                if (values.Overlay(SetFlag.Parse(setting, asText)) is [var unknown, ..])
                {
                    return Refuse($"--set {setting}: the chart has no value {unknown}{Hint(values, unknown)}");
                }
            }

            // Everything is rendered before anything is printed: half an installation must never be piped into a cluster.
            var documents = chart.Render(values, release);
            if (withNamespace)
            {
                Console.WriteLine($"# the namespace of the installation\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: {release.Namespace}\n---");
            }

            Console.Write(string.Join("---\n", documents));
            return ExitCode.Success;
        }
        catch (Exception e) when (e is FormatException or TemplateException or IOException or UnauthorizedAccessException)
        {
            return Refuse(e.Message);
        }
    }

    private static string Hint(ChartValues values, string unknown) => values.Suggest(unknown) is { } meant ? $"; did you mean {meant}?" : "";

    private static int Refuse(string message)
    {
        Console.Error.WriteLine($"portico install: {message}");
        return ExitCode.Usage;
    }
}
