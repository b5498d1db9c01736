using System.Buffers;
using System.Globalization;
using Portico.Model;

namespace Portico.Ingress.Annotations;

/// <summary>Which texts an annotation accepts. Empty values never get here: they count as absent.</summary>
internal sealed class ValueRule(string description, Func<string, bool> accepts)
{
    private const string BasicSet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/:";
    private const string RegexSet = BasicSet + "^$[](){}*+?|&=\\";

    /// <summary>For messages and documentation.</summary>
    public string Description => description;

    /// <summary>Whether the parts of a list may stand in lines of their own, as YAML's block text writes them.</summary>
    public bool AllowsLines { get; private init; }

    public bool Accepts(string value) => accepts(value);

    /// <summary>A list whose parts are trimmed and checked one by one.</summary>
    public static ValueRule ListOf(string description, Func<string, bool> accepts) => new(description, accepts) { AllowsLines = true };

    public static ValueRule Anything { get; } = new("free text", static _ => true);

    public static ValueRule Boolean { get; } = new("true or false", static v => TryParseBoolean(v, out _));

    public static ValueRule Integer { get; } = new("a whole number", static v => TryParseInteger(v, out _));

    /// <summary>Digits and one of b, k, m, g; blanks are allowed although only sizes without them act later.</summary>
    public static ValueRule Size { get; } = new("a size such as 8k or 10m", static v => IsSize(WithoutBlanks(v)));

    public static ValueRule Basic { get; } = Characters("letters, digits and - . _ ~ / :", BasicSet, removeBlanks: true);

    public static ValueRule BasicAndBlank { get; } = Characters("letters, digits, blanks and - . _ ~ / :", BasicSet + " ");

    public static ValueRule Extended { get; } = Characters("letters, digits, blanks and - . _ ~ / : ,", BasicSet + ", ");

    public static ValueRule Url { get; } = Characters("the characters of a URL", BasicSet + ",:?&=", removeBlanks: true);

    /// <summary>As <see cref="Url"/>, but a blank between its characters is refused.</summary>
    public static ValueRule UrlWithoutBlanks { get; } = Characters("the characters of a URL", BasicSet + ",:?&=");

    public static ValueRule UrlWithVariables { get; } = Characters("the characters of a URL, and $", BasicSet + ", :?&=$", removeBlanks: true);

    public static ValueRule NginxVariable { get; } = Characters(
        "letters, digits and - _ $ { }", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_${}", removeBlanks: true);

    public static ValueRule HeaderNames { get; } = Characters(
        "header names joined by commas", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_, ", removeBlanks: true);

    public static ValueRule RegexCharacters { get; } = new(
        "letters, digits and - . _ ~ / : ^ $ [ ] ( ) { } * + ? | & = \\", Set(RegexSet) is { } set ? v => !v.AsSpan().Trim().ContainsAnyExcept(set) : null!);

    public static ValueRule PathWithCaptures { get; } = Characters("a path of letters, digits and - . _ ~ / : $", BasicSet + "$");

    public static ValueRule PathWithCapturesAndBlanks { get; } = Characters("a path of letters, digits, blanks and - . _ ~ / : $", BasicSet + "$", removeBlanks: true);

    public static ValueRule OnOff { get; } = OneOf("on", "off");

    public static ValueRule AddressRanges { get; } = ListOf("IP addresses and CIDR blocks joined by commas", static v => TryParseRanges(v, out _));

    public static ValueRule ServiceName { get; } = new("a Service name", IsServiceName);

    public static ValueRule Seconds { get; } = new("a number of seconds", static v =>
        v.StartsWith('0') || TryParseInteger(v, out _));

    public static ValueRule OneOf(params string[] words) => new(string.Join(", ", words), v => words.Contains(v.Trim()));

    public static ValueRule OneOfIgnoringCase(params string[] words) =>
        new(string.Join(", ", words), v => words.Contains(v.Trim(), StringComparer.OrdinalIgnoreCase));

    public static ValueRule Words(params string[] words) =>
        new("words of: " + string.Join(", ", words), v => v.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(words.Contains));

    public static ValueRule Characters(string description, string allowed, bool removeBlanks = false)
    {
        var set = Set(removeBlanks ? allowed + " " : allowed);
        return new ValueRule(description, v => !v.AsSpan().ContainsAnyExcept(set));
    }

    /// <summary>Go's ParseBool: exactly these spellings.</summary>
    public static bool TryParseBoolean(string text, out bool value)
    {
        value = text is "1" or "t" or "T" or "TRUE" or "true" or "True";
        return value || text is "0" or "f" or "F" or "FALSE" or "false" or "False";
    }

    /// <summary>Go's Atoi: digits with an optional sign, no blanks.</summary>
    public static bool TryParseInteger(string text, out int value) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    /// <summary>All ranges or none: one bad or empty element spoils the list.</summary>
    public static bool TryParseRanges(string text, out List<AddressRange> ranges)
    {
        ranges = [];
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!AddressRange.TryParse(part, out var range))
            {
                return false;
            }

            ranges.Add(range);
        }

        return true;
    }

    public static string WithoutBlanks(string value) => value.Replace(" ", "", StringComparison.Ordinal);

    private static bool IsSize(string value)
    {
        var digits = value.AsSpan().TrimEnd("bBkKmMgG");
        return digits.Length > 0 && value.Length - digits.Length <= 1 && !digits.ContainsAnyExceptInRange('0', '9');
    }

    private static bool IsServiceName(string value) =>
        value.Length is > 0 and <= 63 && char.IsAsciiLetterLower(value[0]) && char.IsAsciiLetterOrDigit(value[^1])
        && value.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static SearchValues<char> Set(string characters) => SearchValues.Create(characters);
}
