using Microsoft.AspNetCore.Http;

namespace Portico.Admin.Pages;

/// <summary>Short answers in text.</summary>
internal static class PlainText
{
    public static Task WriteAsync(HttpResponse response, int status, string text, CancellationToken cancellation)
    {
        response.StatusCode = status;
        response.ContentType = "text/plain; charset=utf-8";
        response.Headers.XContentTypeOptions = "nosniff";
        response.ContentLength = System.Text.Encoding.UTF8.GetByteCount(text);
        return response.WriteAsync(text, cancellation);
    }
}
