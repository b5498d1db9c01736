using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Portico.Cli;

/// <summary><c>portico version</c></summary>
internal static class VersionVerb
{
    public static Command Create()
    {
        var version = new Command("version", "Print the version.");
        version.SetAction(_ => Print());
        return version;
    }

    public static int Print()
    {
        var full = typeof(VersionVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        Console.WriteLine($"portico {full} ({RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier})");
        return ExitCode.Success;
    }
}
