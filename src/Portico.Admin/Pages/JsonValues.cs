using System.Collections.Immutable;
using System.Text.Json;
using Portico.Model.Text;

namespace Portico.Admin.Pages;

/// <summary>How the model's small values look on the configuration page.</summary>
internal static class JsonValues
{
    private const string Withheld = "(withheld)";

    private static readonly string[] CredentialWords = ["authorization", "cookie", "token", "secret", "password", "api-key", "apikey"];

    public static string NameOf<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    /// <summary>A duration in seconds, fractions kept.</summary>
    public static void WriteSeconds(this Utf8JsonWriter json, string name, TimeSpan duration) => json.WriteNumber(name, (decimal)duration.Ticks / TimeSpan.TicksPerSecond);

    public static void WriteTemplate(this Utf8JsonWriter json, string name, Template? template)
    {
        if (template is not null)
        {
            json.WriteString(name, template.Source);
        }
    }

    /// <summary>An array of strings; an empty one is left out.</summary>
    public static void WriteStrings<T>(this Utf8JsonWriter json, string name, ImmutableArray<T> values)
        where T : notnull
    {
        if (values.IsDefaultOrEmpty)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value.ToString());
        }

        json.WriteEndArray();
    }

    /// <summary>An array of numbers.</summary>
    public static void WriteNumbers(this Utf8JsonWriter json, string name, ImmutableArray<int> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    /// <summary>Headers as an array, because their order counts; an empty one is left out.</summary>
    public static void WriteHeaders(this Utf8JsonWriter json, string name, ImmutableArray<HeaderTemplate> headers)
    {
        if (headers.IsDefaultOrEmpty)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var header in headers)
        {
            json.WriteStartObject();
            json.WriteString("name", header.Name);
            json.WriteString("value", MayHoldCredential(header) ? Withheld : header.Value.Source);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Fixed texts in such headers are credentials; a value that is only variables gives nothing away.</summary>
    private static bool MayHoldCredential(HeaderTemplate header) =>
        CredentialWords.Any(word => header.Name.Contains(word, StringComparison.OrdinalIgnoreCase))
        && header.Value.Parts.Any(p => p.Kind == TemplatePartKind.Literal);
}
