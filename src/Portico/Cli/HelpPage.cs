using System.CommandLine;
using System.CommandLine.Help;
using Portico.Flags;

namespace Portico.Cli;

/// <summary>Writes the help of a verb: what it does, how it is called, its flags by subject, examples that work.</summary>
internal static class HelpPage
{
    private static readonly Dictionary<string, string[]> Examples = new()
    {
        [""] =
        [
            "portico demo                                 two back ends, an Ingress with TLS, curl lines to try",
            "portico serve --manifests ./manifests        serve what a folder of manifests says, and what it comes to say",
            "portico serve --help                         every flag",
        ],
        ["serve"] =
        [
            "portico serve --manifests examples/cafe --http-port 8080 --https-port 8443",
            "portico serve --manifests ./a --manifests ./b.yaml --configmap ingress/settings --enable-metrics",
            "portico serve --manifests ./site --bind-address 127.0.0.1 --shards 2 --default-ssl-certificate=web/wildcard-tls",
        ],
        ["node"] =
        [
            "portico node --kubeconfig ./kubeconfig --cluster-cidr 10.1.0.0/16 --service-cidr 10.96.0.0/16",
            "portico node --manifests ./site --node-name worker-1 --cluster-cidr 10.1.0.0/16",
            "portico node --manifests ./site --dry-run",
            "portico node --cleanup",
        ],
        ["install"] =
        [
            "portico install --set controller.image.image=registry.example.com/portico | kubectl apply -f -",
            "portico install --mode hostnetwork --set controller.config.use-forwarded-headers=true > portico.yaml",
            "portico install --mode nodeport --values my-ingress-nginx-values.yaml --set rbac.secretNamespaces={shop,blog}",
        ],
        ["demo"] = ["portico demo", "portico demo --http-port 8080 --https-port 8443"],
    };

    public static void Write(Command command, TextWriter output)
    {
        var columns = new HelpColumns(output, WidthOfTerminal());
        var isRoot = command is RootCommand;
        output.WriteLine(command.Description);
        output.WriteLine();
        output.WriteLine($"Usage: portico {(isRoot ? "VERB" : command.Name)}{(HasFlags(command) ? " [FLAGS]" : "")}");
        if (isRoot)
        {
            columns.WriteSection("Verbs", command.Subcommands.Where(c => !c.Hidden).Select(c => (c.Name, c.Description ?? "")));
        }
        else if (command.Name == ServeVerb.Name)
        {
            WriteFlags(columns);
        }
        else if (HasFlags(command))
        {
            columns.WriteSection("Flags", command.Options.Where(o => o is not HelpOption).Select(o => ($"{o.Name} {o.HelpName}", o.Description ?? "")));
        }

        WriteExamples(isRoot ? "" : command.Name, output);
    }

    private static bool HasFlags(Command command) => command is RootCommand || command.Name == ServeVerb.Name || command.Options.Any(o => o is not HelpOption);

    private static void WriteFlags(HelpColumns columns)
    {
        columns.WriteText("A flag is written --flag=VALUE or --flag VALUE; a switch --flag or --flag=false. Names and meanings are those of ingress-nginx.");
        foreach (var group in ServeFlags.Groups)
        {
            if (group.All(f => f.Effect == FlagEffect.Ignored))
            {
                columns.WriteSection(group.Title);
                columns.WriteText(string.Join(", ", group.Select(f => f.Name)), indent: 2);
            }
            else
            {
                columns.WriteSection(group.Title, group.Select(f => (Usage(f), Explanation(f))));
            }
        }
    }

    private static string Usage(Flag flag)
    {
        var name = flag.Name.Length == 1 ? $"-{flag.Name}" : $"--{flag.Name}";
        return flag.IsSwitch ? name : $"{name} {flag.ValueName}";
    }

    private static string Explanation(Flag flag)
    {
        var text = flag.DefaultInHelp.Length == 0 ? flag.Doc : $"{flag.Doc} [{flag.DefaultInHelp}]";
        return flag.Effect == FlagEffect.NotYet ? $"(not yet) {text}" : text;
    }

    private static void WriteExamples(string verb, TextWriter output)
    {
        if (!Examples.TryGetValue(verb, out var examples))
        {
            return;
        }

        output.WriteLine();
        output.WriteLine("Examples:");
        foreach (var example in examples)
        {
            output.WriteLine($"  {example}");
        }
    }

    private static int WidthOfTerminal()
    {
        const int Unknown = 100;
        return Console.IsOutputRedirected || Console.WindowWidth < 60 ? Unknown : Math.Min(Console.WindowWidth, 120);
    }
}
