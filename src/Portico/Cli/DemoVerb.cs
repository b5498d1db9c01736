using System.CommandLine;
using Portico.Demo;
using Portico.Serving;
using Spectre.Console;

namespace Portico.Cli;

/// <summary><c>portico demo</c>: everything on one machine, without a cluster.</summary>
internal static class DemoVerb
{
    public static Command Create(RunGateway gateway)
    {
        var httpPort = PortOption("--http-port", "The port of plain HTTP. [8080, or a free one]");
        var httpsPort = PortOption("--https-port", "The port of HTTPS. [8443, or a free one]");
        var demo = new Command("demo", "Show it without a cluster: two back ends, an Ingress with TLS, curl lines to try.") { httpPort, httpsPort };
        demo.SetAction(async (parsed, _) =>
        {
            using var signals = new StopSignals(endsWithTerminal: true);
            return await new CafeDemo(gateway, ColouredConsole()).RunAsync(parsed.GetValue(httpPort), parsed.GetValue(httpsPort), signals.Token);
        });
        return demo;
    }

    /// <summary>Colours are for terminals; a file or a pipe gets plain text.</summary>
    private static IAnsiConsole ColouredConsole() => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
        ColorSystem = Console.IsOutputRedirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
    });

    private static Option<int?> PortOption(string name, string description)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = "PORT" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > 65535)
            {
                result.AddError($"{name}: expected a port number from 1 to 65535");
            }
        });
        return option;
    }
}
