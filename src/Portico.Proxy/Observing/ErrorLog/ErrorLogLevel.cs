namespace Portico.Proxy.Observing.ErrorLog;

/// <summary>nginx's levels, the words of <c>error-log-level</c> (default notice).</summary>
public enum ErrorLogLevel
{
    Debug,
    Info,
    Notice,
    Warn,
    Error,
    Crit,
    Alert,
    Emerg,
}

public static class ErrorLogLevels
{
    private static readonly string[] Words = ["debug", "info", "notice", "warn", "error", "crit", "alert", "emerg"];

    public static string WordOf(ErrorLogLevel level) => Words[(int)level];

    public static bool TryParse(string word, out ErrorLogLevel level)
    {
        var index = Array.IndexOf(Words, word);
        level = index < 0 ? ErrorLogLevel.Notice : (ErrorLogLevel)index;
        return index >= 0;
    }
}
