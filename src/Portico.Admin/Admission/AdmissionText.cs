using System.Buffers;
using System.Text.Json;
using Portico.Control.Admission;

namespace Portico.Admin.Admission;

/// <summary>What an AdmissionReview asks.</summary>
/// <param name="Kind">Group, version and kind: <c>networking.k8s.io/v1 Ingress</c>.</param>
/// <param name="Object">Where the object stands in the body; nothing for a deletion.</param>
internal sealed record AdmissionQuestion(string Uid, string Kind, string Namespace, string Name, Range Object);

/// <summary>Reads and writes <c>AdmissionReview</c> of admission.k8s.io/v1.</summary>
internal static class AdmissionText
{
    /// <summary>What the API server passes on of one warning.</summary>
    private const int LongestWarning = 256;

    private const int MostWarnings = 20;

    /// <param name="problem">What is wrong when there is no result.</param>
    public static AdmissionQuestion? Read(ReadOnlySpan<byte> body, out string problem)
    {
        problem = "";
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 256 });
            string kind = "", version = "";
            AdmissionQuestion? question = null;
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                problem = "expected an object";
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                switch (reader.GetString())
                {
                    case "kind": kind = Text(ref reader); break;
                    case "apiVersion": version = Text(ref reader); break;
                    case "request": question = Request(ref reader); break;
                    default: Skip(ref reader); break;
                }
            }

            problem = kind != "AdmissionReview" || version != "admission.k8s.io/v1" ? $"found {version} {kind}" : question is null ? "request: required" : "";
            return problem.Length == 0 ? question : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            problem = error.Message;
            return null;
        }
    }

    public static ReadOnlyMemory<byte> Write(AdmissionQuestion question, AdmissionAnswer answer)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("kind", "AdmissionReview");
        json.WriteString("apiVersion", "admission.k8s.io/v1");
        json.WriteStartObject("response");
        json.WriteString("uid", question.Uid);
        json.WriteBoolean("allowed", answer.Allowed);
        if (!answer.Allowed)
        {
            json.WriteStartObject("status");
            json.WriteString("status", "Failure");
            json.WriteString("message", answer.Message);
            json.WriteString("reason", "BadRequest");
            json.WriteNumber("code", 400);
            json.WriteEndObject();
        }

        if (answer.Warnings.Count > 0)
        {
            json.WriteStartArray("warnings");
            foreach (var warning in answer.Warnings.Take(MostWarnings))
            {
                json.WriteStringValue(warning.Length <= LongestWarning ? warning : warning[..(LongestWarning - 1)] + "…");
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static AdmissionQuestion? Request(ref Utf8JsonReader reader)
    {
        string uid = "", kind = "", ns = "", name = "";
        Range found = default;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            switch (reader.GetString())
            {
                case "uid": uid = Text(ref reader); break;
                case "namespace": ns = Text(ref reader); break;
                case "name": name = Text(ref reader); break;
                case "kind": kind = Kind(ref reader); break;
                case "object":
                    reader.Read();
                    var start = (int)reader.TokenStartIndex;
                    var isThere = reader.TokenType == JsonTokenType.StartObject;
                    reader.Skip();
                    found = isThere ? start..(int)reader.BytesConsumed : default;
                    break;
                default: Skip(ref reader); break;
            }
        }

        return new AdmissionQuestion(uid, kind, ns, name, found);
    }

    private static string Kind(ref Utf8JsonReader reader)
    {
        string group = "", version = "", kind = "";
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return "";
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            switch (reader.GetString())
            {
                case "group": group = Text(ref reader); break;
                case "version": version = Text(ref reader); break;
                case "kind": kind = Text(ref reader); break;
                default: Skip(ref reader); break;
            }
        }

        return group.Length == 0 ? $"{version} {kind}" : $"{group}/{version} {kind}";
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString() ?? "";
        }

        reader.Skip();
        return "";
    }

    private static void Skip(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }
}
