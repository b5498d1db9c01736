using System.CommandLine;
using Portico.Flags;
using Portico.Serving;

namespace Portico.Cli;

/// <summary><c>portico serve</c>: the gateway.</summary>
internal static class ServeVerb
{
    public const string Name = "serve";

    /// <summary>
    /// The flags pass through as they are and are read by <see cref="FlagReader"/>: the arguments of an ingress-nginx pod must
    /// mean here what they mean there, and Go's rules are not those of the library.
    /// </summary>
    public static Command Create(RunGateway gateway)
    {
        var flags = new Argument<string[]>("flag") { Arity = ArgumentArity.ZeroOrMore };
        var serve = new Command(Name, "Run the gateway.") { flags };
        serve.SetAction((parsed, _) => RunAsync(gateway, parsed.GetValue(flags) ?? []));
        return serve;
    }

    private static async Task<int> RunAsync(RunGateway gateway, string[] arguments)
    {
        var commandLine = ServeCommandLine.Parse(arguments, Environment.GetEnvironmentVariable);
        foreach (var warning in commandLine.Warnings)
        {
            await Console.Error.WriteLineAsync($"portico serve: warning: {warning}");
        }

        if (commandLine.VersionWanted)
        {
            return VersionVerb.Print();
        }

        if (commandLine.Options is not { } options)
        {
            return await RefuseAsync(commandLine);
        }

        using var signals = new StopSignals();
        return await gateway(options, signals.Token);
    }

    private static async Task<int> RefuseAsync(ServeCommandLine commandLine)
    {
        foreach (var error in commandLine.Errors)
        {
            await Console.Error.WriteLineAsync($"portico serve: {error}");
        }

        await Console.Error.WriteLineAsync("Run 'portico serve --help' for the flags.");
        return ExitCode.Usage;
    }
}
