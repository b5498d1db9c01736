using System.CommandLine;
using System.CommandLine.Invocation;

namespace Portico.Cli;

/// <summary>What <c>--help</c> does, for every verb.</summary>
internal sealed class HelpPageAction : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        HelpPage.Write(parseResult.CommandResult.Command, Console.Out);
        return ExitCode.Success;
    }
}
