using System.CommandLine;
using System.CommandLine.Help;
using Portico.Flags;
using Portico.Serving;

namespace Portico.Cli;

/// <summary>The verbs. Reads the command line, calls one verb, returns the exit code of the process.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var root = Root(Gateway.RunAsync);
        var parsed = root.Parse(arguments, new ParserConfiguration
        {
            // "@file" and bundled letters are not part of any verb's language.
            ResponseFileTokenReplacer = null,
            EnablePosixBundling = false,
        });
        if (parsed.Action is not HelpPageAction && parsed.Errors.Count > 0)
        {
            return RefuseUsage(root, parsed);
        }

        // The verbs that run on handle signals themselves: they drain instead of being cut off after a time.
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    /// <param name="gateway">What <c>serve</c> and <c>demo</c> start.</param>
    internal static RootCommand Root(RunGateway gateway)
    {
        var root = new RootCommand("The front door of a Kubernetes cluster: a drop-in for ingress-nginx that carries the traffic itself.")
        {
            ServeVerb.Create(gateway),
            DemoVerb.Create(gateway),
            NodeVerb.Create(),
            LoadBalancerVerb.Create(),
            InstallVerb.Create(),
            VersionVerb.Create(),
            DocsVerb.Create(),
        };
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpPageAction();
        }

        root.SetAction(parsed => HelpPage.Write(root, Console.Out));
        return root;
    }

    private static int RefuseUsage(RootCommand root, ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        foreach (var stray in parsed.UnmatchedTokens)
        {
            var meant = command == root ? ClosestName.Find(stray, root.Subcommands.Select(c => c.Name)) : null;
            Console.Error.WriteLine($"portico: '{stray}' is not known here{(meant is null ? "" : $"; did you mean {meant}?")}");
        }

        foreach (var error in parsed.UnmatchedTokens.Count == 0 ? parsed.Errors : [])
        {
            Console.Error.WriteLine($"portico: {error.Message}");
        }

        Console.Error.WriteLine(command == root ? "Run 'portico --help'." : $"Run 'portico {command.Name} --help'.");
        return ExitCode.Usage;
    }
}
