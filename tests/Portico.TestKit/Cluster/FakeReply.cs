using System.Globalization;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Portico.TestKit.Cluster;

/// <summary>Writes one answer, with the fault that the test asked for.</summary>
internal sealed class FakeReply(HttpContext context, FakeFault? fault)
{
    /// <summary>The API server compresses larger answers for clients that take gzip.</summary>
    private const int CompressFromBytes = 128 * 1024;

    private int _written;

    public CancellationToken Gone => context.RequestAborted;

    /// <summary>True when the fault was the whole answer.</summary>
    public async Task<bool> FailsAsync()
    {
        switch (fault)
        {
            case FakeFault.Status status:
                await StatusAsync(new FakeStatusException(status.Code, status.Reason, "injected by the test") { RetryAfter = status.RetryAfter });
                return true;
            case FakeFault.Garbage garbage:
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(garbage.Body, Gone);
                return true;
            case FakeFault.Delay delay:
                await Task.Delay(delay.For, Gone);
                return false;
            default:
                return false;
        }
    }

    public async Task WholeAsync(int code, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        if (body.Length >= CompressFromBytes && context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.Ordinal))
        {
            context.Response.Headers.ContentEncoding = "gzip";
            using var packed = new MemoryStream();
            await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                await gzip.WriteAsync(body, Gone);
            }

            await WriteAsync(packed.ToArray());
            return;
        }

        await WriteAsync(body);
    }

    /// <summary>One object, or the row that stands for it.</summary>
    public Task ObjectsAsync(FakeResource resource, FakeObject found) =>
        WantsTable ? TableAsync(resource, found.Version, "", [found]) : WholeAsync(200, found.Utf8);

    /// <summary>A list, or the rows that stand for it.</summary>
    /// <param name="left">How many come with later pages; zero for not known.</param>
    public Task ObjectsAsync(FakeResource resource, long version, string more, FakeObject[] objects, int left) =>
        WantsTable ? TableAsync(resource, version, more, objects) : WholeAsync(200, ListBody(resource, version, more, objects, left));

    public Task StatusAsync(FakeStatusException status)
    {
        if (status.RetryAfter > 0)
        {
            context.Response.Headers.RetryAfter = status.RetryAfter.ToString(CultureInfo.InvariantCulture);
        }

        return WholeAsync(status.Code, System.Text.Encoding.UTF8.GetBytes(StatusObject(status).ToJsonString()));
    }

    /// <summary>The head of a watch goes out before its first event.</summary>
    public async Task BeginStreamAsync()
    {
        context.Response.ContentType = "application/json";
        await context.Response.Body.FlushAsync(Gone);
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        switch (fault)
        {
            case FakeFault.Cut cut when _written + bytes.Length > cut.AfterBytes:
                await SendAsync(bytes[..(cut.AfterBytes - _written)]);
                context.Abort();
                throw new OperationCanceledException("cut by the test");
            case FakeFault.Stall stall when _written + bytes.Length > stall.AfterBytes:
                await SendAsync(bytes[..(stall.AfterBytes - _written)]);
                await Task.Delay(Timeout.Infinite, Gone);
                return;
            case FakeFault.Drip drip:
                for (var i = 0; i < bytes.Length; i += drip.Bytes)
                {
                    await SendAsync(bytes.Slice(i, Math.Min(drip.Bytes, bytes.Length - i)));
                    await Task.Delay(drip.Pause, Gone);
                }

                return;
            default:
                await SendAsync(bytes);
                return;
        }
    }

    public static JsonObject StatusObject(FakeStatusException status)
    {
        var body = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = status.Continue.Length > 0 ? new JsonObject { ["continue"] = status.Continue } : new JsonObject(),
            ["status"] = "Failure",
            ["message"] = status.Message,
            ["reason"] = status.Reason,
            ["code"] = status.Code,
        };
        if (status.RetryAfter > 0)
        {
            body["details"] = new JsonObject { ["retryAfterSeconds"] = status.RetryAfter };
        }

        return body;
    }

    private bool WantsTable => FakeTable.IsAskedFor(context.Request.Headers.Accept.ToString());

    private Task TableAsync(FakeResource resource, long version, string more, IEnumerable<FakeObject> objects) => WholeAsync(
        200, System.Text.Encoding.UTF8.GetBytes(
            FakeTable.Of(resource, version.ToString(CultureInfo.InvariantCulture), more, objects.Select(o => o.Copy())).ToJsonString()));

    private static byte[] ListBody(FakeResource resource, long version, string more, FakeObject[] objects, int left)
    {
        using var body = new MemoryStream();
        var rest = more.Length > 0 ? $",\"continue\":\"{more}\"" : "";
        rest += left > 0 ? string.Create(CultureInfo.InvariantCulture, $",\"remainingItemCount\":{left}") : "";
        body.Write(System.Text.Encoding.UTF8.GetBytes(
            $"{{\"kind\":\"{resource.Kind}List\",\"apiVersion\":\"{resource.ApiVersion}\",\"metadata\":{{\"resourceVersion\":\"{version.ToString(CultureInfo.InvariantCulture)}\"{rest}}},\"items\":["));
        for (var i = 0; i < objects.Length; i++)
        {
            if (i > 0)
            {
                body.WriteByte((byte)',');
            }

            body.Write(objects[i].Utf8);
        }

        body.Write("]}"u8);
        return body.ToArray();
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await context.Response.Body.WriteAsync(bytes, Gone);
        await context.Response.Body.FlushAsync(Gone);
        _written += bytes.Length;
    }
}
