using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Portico.Kubernetes.Api.Configuration;

namespace Portico.Kubernetes.Api;

/// <summary>
/// Requests to the API server: small, typed where it matters, streaming. Used from any thread. Knows nothing of kinds and
/// of trying again; that is for those who call it.
/// </summary>
public sealed class ApiClient : IDisposable
{
    public const string MergePatch = "application/merge-patch+json";

    /// <summary>JSON is YAML, so this takes JSON too.</summary>
    public const string ApplyPatch = "application/apply-patch+yaml";

    /// <summary>Between the request and its head, and between two pieces of a body that is not a watch.</summary>
    internal static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    private static readonly ProductInfoHeaderValue Agent = new("portico", typeof(ApiClient).Assembly.GetName().Version?.ToString(3));

    private readonly ApiConnection _connection;
    private readonly HttpMessageInvoker _http;
    private volatile bool _speaksHttp2;

    public ApiClient(ApiConnection connection)
    {
        _connection = connection;
        _http = new HttpMessageInvoker(ApiTransport.Create(connection));
    }

    public Uri Server => _connection.Server;

    public ApiConnection Connection => _connection;

    /// <summary>Whether the connection is asked for signs of life by itself (HTTP/2 PING), so that a watch may be long.</summary>
    internal bool SpeaksHttp2 => _speaksHttp2;

    public void Dispose() => _http.Dispose();

    /// <summary>The body of the answer.</summary>
    /// <exception cref="ApiException">The server says no.</exception>
    /// <exception cref="IOException">There is no answer.</exception>
    public async Task<byte[]> SendAsync(HttpMethod method, string path, ReadOnlyMemory<byte> body, string contentType, CancellationToken cancellation)
    {
        using var response = await OpenAsync(method, path, body, contentType, cancellation).ConfigureAwait(false);
        using var content = await ReadAllAsync(response, cancellation).ConfigureAwait(false);
        return content.Written.ToArray();
    }

    public Task<byte[]> GetAsync(string path, CancellationToken cancellation) => SendAsync(HttpMethod.Get, path, default, "", cancellation);

    public Task<byte[]> CreateAsync(string path, ReadOnlyMemory<byte> json, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, path, json, "application/json", cancellation);

    /// <summary>Replaces an object; a conflict when its resourceVersion is not the present one.</summary>
    public Task<byte[]> UpdateAsync(string path, ReadOnlyMemory<byte> json, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Put, path, json, "application/json", cancellation);

    public Task<byte[]> PatchAsync(string path, ReadOnlyMemory<byte> patch, string contentType, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Patch, path, patch, contentType, cancellation);

    /// <summary>The head of an answer with status 2xx; the body is read by the caller.</summary>
    internal async Task<HttpResponseMessage> OpenAsync(
        HttpMethod method, string path, ReadOnlyMemory<byte> body, string contentType, CancellationToken cancellation)
    {
        var response = await TryOpenAsync(method, path, body, contentType, cancellation).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.Unauthorized && _connection.Credential.Refused())
        {
            response.Dispose();
            response = await TryOpenAsync(method, path, body, contentType, cancellation).ConfigureAwait(false);
        }

        _speaksHttp2 = response.Version.Major >= 2;
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            using var content = await ReadAllAsync(response, cancellation).ConfigureAwait(false);
            var status = ApiStatus.Parse((int)response.StatusCode, content.Written.Span);
            throw new ApiException(RetryAfter(response) is { } wait ? status with { RetryAfter = wait } : status);
        }
    }

    /// <summary>Reads a whole body.</summary>
    private static async Task<PooledText> ReadAllAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var text = new PooledText();
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            using var body = new AnswerBody(stream, cancellation);
            while (await body.ReadAsync(text.Free()).ConfigureAwait(false) is > 0 and var read)
            {
                text.Advance(read);
            }

            return text;
        }
        catch
        {
            text.Dispose();
            throw;
        }
    }

    private async Task<HttpResponseMessage> TryOpenAsync(
        HttpMethod method, string path, ReadOnlyMemory<byte> body, string contentType, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, new Uri(_connection.Server, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Headers.Authorization = await _connection.Credential.GetAsync(cancellation).ConfigureAwait(false);
        request.Headers.UserAgent.Add(Agent);
        request.Headers.Accept.ParseAdd("application/json");
        // The name in the handshake, and the one that the certificate must carry, is taken from here.
        request.Headers.Host = _connection.TlsServerName;
        if (contentType.Length > 0)
        {
            request.Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = MediaTypeHeaderValue.Parse(contentType) } };
        }

        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(Silence);
        try
        {
            return await _http.SendAsync(request, silence.Token).ConfigureAwait(false);
        }
        catch (HttpRequestException error)
        {
            throw new IOException(Cause(error), error);
        }
        catch (SocketException error)
        {
            // A peer that resets between the connecting and the first look at the connection: the framework lets this one through as it is.
            throw new IOException(error.Message, error);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"no answer within {Silence.TotalSeconds} s");
        }
    }

    /// <summary>The innermost message says what happened: refused, no such name, a certificate that is not believed.</summary>
    private static string Cause(Exception error) => error.InnerException is { } inner ? Cause(inner) : error.Message;

    private static TimeSpan? RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter is { } after
            ? after.Delta ?? (after.Date is { } date && date > DateTimeOffset.UtcNow ? date - DateTimeOffset.UtcNow : null)
            : null;
}
