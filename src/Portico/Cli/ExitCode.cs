namespace Portico.Cli;

internal static class ExitCode
{
    public const int Success = 0;

    public const int Failure = 1;

    /// <summary>The command line is wrong; nothing was started.</summary>
    public const int Usage = 2;
}
