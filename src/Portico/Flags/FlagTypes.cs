using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Portico.Ingress;
using Portico.Ingress.Selection;
using Portico.Kubernetes;

namespace Portico.Flags;

/// <summary>The types of values that flags take. Texts are those of Go's flag packages, so that a manifest's arguments move over unchanged.</summary>
internal static class FlagTypes
{
    private static readonly string[] TrueTexts = ["1", "t", "T", "true", "TRUE", "True"];
    private static readonly string[] FalseTexts = ["0", "f", "F", "false", "FALSE", "False"];

    public static FlagType<bool> Switch { get; } = new("", "true or false", TryReadSwitch)
    {
        IsSwitch = true,
        Write = static value => value ? "true" : "false",
    };

    public static FlagType<string> Text { get; } = new("TEXT", "text", TryReadText);

    public static FlagType<string> Name { get; } = new("NAME", "a name, not empty", TryReadNotEmpty);

    public static FlagType<string> File { get; } = new("FILE", "the path of a file", TryReadText);

    public static FlagType<string> Url { get; } = new("URL", "an absolute http or https address", TryReadUrl);

    public static FlagType<string> HttpPath { get; } = new("PATH", "a path that begins with /", TryReadHttpPath);

    public static FlagType<int> Port { get; } = new("PORT", "a port number from 1 to 65535", TryReadPort) { Write = WriteNumber };

    public static FlagType<int> Seconds { get; } = new("SECONDS", "a whole number of seconds, 0 or more", TryReadCount) { Write = WriteNumber };

    public static FlagType<int> Count { get; } = new("NUMBER", "a whole number, 0 or more", TryReadCount) { Write = WriteNumber };

    public static FlagType<double> Number { get; } = new("NUMBER", "a number", TryReadNumber) { Write = static value => value.ToString(CultureInfo.InvariantCulture) };

    public static FlagType<TimeSpan> Duration { get; } = new("DURATION", "a duration such as 30s, 1m30s or 500ms", GoDuration.TryParse) { Write = GoDuration.Write };

    public static FlagType<IPAddress?> Address { get; } = new("ADDRESS", "an IPv4 or IPv6 address", TryReadAddress);

    public static FlagType<string> HostAndPort { get; } = new("HOST:PORT", "an address and a port, e.g. :8443 or 10.0.0.1:8443", TryReadHostAndPort);

    public static FlagType<NamespacedName?> Object { get; } = new("NAMESPACE/NAME", "namespace/name", TryReadObject);

    public static FlagType<LabelSelector?> Selector { get; } = new("SELECTOR", "a label selector, e.g. 'tier in (gold, silver),!internal'", TryReadSelector);

    public static FlagType<ImmutableArray<string>> Paths { get; } = new("PATH", "the path of a file or folder", TryReadPath)
    {
        Join = static (earlier, later) => earlier.AddRange(later),
        Write = static paths => string.Join(' ', paths),
    };

    public static FlagType<ImmutableArray<string>> Names { get; } = new("NAME,NAME", "names with commas between them", TryReadNames)
    {
        Join = static (earlier, later) => earlier.AddRange(later),
        Write = static names => string.Join(',', names),
    };

    public static FlagType<ImmutableArray<double>> Borders { get; } = new("NUMBER,NUMBER", "rising numbers with commas between them", TryReadBorders)
    {
        Write = static borders => string.Join(',', borders.Select(b => b.ToString("R", CultureInfo.InvariantCulture))),
    };

    private static string WriteNumber(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static bool TryReadSwitch(string text, out bool value)
    {
        value = TrueTexts.Contains(text);
        return value || FalseTexts.Contains(text);
    }

    private static bool TryReadText(string text, out string value)
    {
        value = text;
        return true;
    }

    private static bool TryReadNotEmpty(string text, out string value)
    {
        value = text;
        return text.Length > 0;
    }

    private static bool TryReadUrl(string text, out string value)
    {
        value = text;
        return text.Length == 0 || (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https");
    }

    private static bool TryReadHttpPath(string text, out string value)
    {
        value = text;
        return text.StartsWith('/') && !text.AsSpan().ContainsAny(" ?#");
    }

    private static bool TryReadPort(string text, out int value) => TryReadCount(text, out value) && value is > 0 and <= 65535;

    private static bool TryReadCount(string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static bool TryReadNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);

    private static bool TryReadAddress(string text, out IPAddress? value)
    {
        value = null;

        // IPAddress also reads "1" and "127.1"; as a bind address those are typing errors.
        return text.Length == 0 || (IPAddress.TryParse(text, out value) && (text.Contains(':') || text.Count(c => c == '.') == 3));
    }

    private static bool TryReadHostAndPort(string text, out string value)
    {
        value = text;
        var colon = text.LastIndexOf(':');
        return text.Length == 0 || (colon >= 0 && TryReadPort(text[(colon + 1)..], out _));
    }

    private static bool TryReadObject(string text, out NamespacedName? value)
    {
        value = null;
        if (text.Length == 0)
        {
            return true;
        }

        value = NamespacedName.TryParse(text, out var name) ? name : null;
        return value is not null;
    }

    private static bool TryReadSelector(string text, out LabelSelector? value)
    {
        value = null;
        return text.Length == 0 || LabelSelector.TryParse(text, out value, out _);
    }

    private static bool TryReadPath(string text, out ImmutableArray<string> value)
    {
        value = [text];
        return text.Length > 0;
    }

    private static bool TryReadNames(string text, out ImmutableArray<string> value)
    {
        value = [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        return true;
    }

    private static bool TryReadBorders(string text, out ImmutableArray<double> value)
    {
        var borders = ImmutableArray.CreateBuilder<double>();
        foreach (var part in text.Split(','))
        {
            if (!TryReadNumber(part.Trim(), out var border) || (borders.Count > 0 && border <= borders[^1]))
            {
                value = [];
                return false;
            }

            borders.Add(border);
        }

        value = borders.ToImmutable();
        return true;
    }
}
