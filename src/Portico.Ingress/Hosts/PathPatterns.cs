using System.Text.RegularExpressions;

namespace Portico.Ingress.Hosts;

/// <summary>
/// Paths read as regular expressions: brings PCRE's spelling of named groups to .NET's and finds out which expressions can be
/// run in linear time. The others are refused, so that no tenant's pattern can stall the data plane.
/// </summary>
internal sealed class PathPatterns
{
    private const int Limit = 4096;
    private const int MaxLength = 2048;

    private readonly Dictionary<string, string?> _problems = [];

    /// <summary>Null when the pattern can be used.</summary>
    public string? Problem(string pattern)
    {
        if (IsPlain(pattern))
        {
            return null;
        }

        if (!_problems.TryGetValue(pattern, out var problem))
        {
            if (_problems.Count >= Limit)
            {
                _problems.Clear();
            }

            _problems[pattern] = problem = Compile(pattern);
        }

        return problem;
    }

    public static string Normalise(string path) => path.Replace("(?P<", "(?<", StringComparison.Ordinal);

    private static bool IsPlain(string pattern) => pattern.All(static c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '_' or '.');

    private static string? Compile(string pattern)
    {
        if (pattern.Length > MaxLength)
        {
            return $"it is longer than {MaxLength} characters";
        }

        try
        {
            _ = new Regex("^" + pattern, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
            return null;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException or InsufficientExecutionStackException)
        {
            return e.Message;
        }
    }
}
