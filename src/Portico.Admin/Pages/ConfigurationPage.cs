using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Portico.Model;

namespace Portico.Admin.Pages;

/// <summary>
/// <c>/configuration</c>: the running model as indented JSON, streamed host by host. Keys are the names of the model's
/// members. Private keys and certificates' bytes are not there, nor are values of headers that look like credentials.
/// </summary>
internal sealed class ConfigurationPage
{
    private const int FlushThresholdBytes = 32 * 1024;

    private static readonly JsonWriterOptions Format = new()
    {
        Indented = true,
        // The page is data, never part of an HTML document: paths and header values stay readable.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly HttpResponse _response;
    private readonly Utf8JsonWriter _json;
    private readonly CancellationToken _cancellation;

    private ConfigurationPage(HttpResponse response, Utf8JsonWriter json, CancellationToken cancellation)
    {
        _response = response;
        _json = json;
        _cancellation = cancellation;
    }

    public static async Task WriteAsync(HttpResponse response, GatewayModel model, CancellationToken cancellation)
    {
        response.ContentType = "application/json";
        response.Headers.XContentTypeOptions = "nosniff";
        await using var json = new Utf8JsonWriter(response.BodyWriter, Format);
        await new ConfigurationPage(response, json, cancellation).WriteModelAsync(model);
    }

    private async Task WriteModelAsync(GatewayModel model)
    {
        // Listeners of one API share their hosts; a table that several use is printed once and named by its number.
        var tables = model.Listeners.Select(l => l.Hosts).Distinct(ReferenceEqualityComparer.Instance).Cast<HostTable>().ToArray();
        _json.WriteStartObject();
        _json.WriteStartArray("listeners");
        foreach (var listener in model.Listeners)
        {
            ListenerJson.Write(_json, listener, Array.FindIndex(tables, t => ReferenceEquals(t, listener.Hosts)));
            await FlushIfNeededAsync();
        }

        _json.WriteEndArray();
        _json.WriteStartArray("streamListeners");
        foreach (var listener in model.StreamListeners)
        {
            ListenerJson.Write(_json, listener);
            await FlushIfNeededAsync();
        }

        _json.WriteEndArray();
        await WriteCertificatesAsync(model);
        await WriteHostTablesAsync(tables);
        await WriteBackendsAsync(model);
        SettingsJson.Write(_json, model.Settings);
        _json.WriteEndObject();
        await FlushAsync();
    }

    private async Task WriteCertificatesAsync(GatewayModel model)
    {
        var certificates = model.Listeners
            .Where(l => l.Certificates is not null)
            .SelectMany(l => l.Certificates!.ByServerName.Values.Append(l.Certificates.Default))
            .OfType<Certificate>()
            .DistinctBy(c => (c.Name, c.Fingerprint))
            .OrderBy(c => c.Name, StringComparer.Ordinal);
        _json.WriteStartArray("certificates");
        foreach (var certificate in certificates)
        {
            ListenerJson.Write(_json, certificate);
            await FlushIfNeededAsync();
        }

        _json.WriteEndArray();
    }

    private async Task WriteHostTablesAsync(HostTable[] tables)
    {
        _json.WriteStartArray("hostTables");
        foreach (var table in tables)
        {
            _json.WriteStartArray();
            foreach (var host in table.Hosts.Values.OrderBy(h => h.Name, StringComparer.Ordinal))
            {
                HostJson.Write(_json, host);
                await FlushIfNeededAsync();
            }

            _json.WriteEndArray();
        }

        _json.WriteEndArray();
    }

    private async Task WriteBackendsAsync(GatewayModel model)
    {
        _json.WriteStartArray("backends");
        foreach (var backend in model.Backends.Values.OrderBy(b => b.Name, StringComparer.Ordinal).ThenBy(b => b.Id.Variant, StringComparer.Ordinal))
        {
            BackendJson.Write(_json, backend);
            await FlushIfNeededAsync();
        }

        _json.WriteEndArray();
    }

    private ValueTask FlushIfNeededAsync() =>
        _json.BytesPending + _response.BodyWriter.UnflushedBytes < FlushThresholdBytes ? ValueTask.CompletedTask : FlushAsync();

    private async ValueTask FlushAsync()
    {
        _json.Flush();
        var result = await _response.BodyWriter.FlushAsync(_cancellation);
        if (result.IsCompleted || result.IsCanceled)
        {
            throw new OperationCanceledException("The reader of the page has gone.");
        }
    }
}
