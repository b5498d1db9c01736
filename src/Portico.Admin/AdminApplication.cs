using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Portico.Admin.Pages;

namespace Portico.Admin;

/// <summary>Sends each request of the admin server to its page.</summary>
internal sealed class AdminApplication : IHttpApplication<HttpContext>
{
    private const string MetricsPath = "/metrics";
    private const string ReadyPath = "/readyz";
    private const string ConfigurationPath = "/configuration";

    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(300);

    private readonly IAdminState _state;
    private readonly HealthPage _health;
    private readonly string _index;

    public AdminApplication(AdminOptions options, IAdminState state)
    {
        _state = state;
        _health = new HealthPage(options.HealthCheckPath, state);
        _index = $"""
            Portico
            {options.HealthCheckPath,-16} 200 while the gateway works (?verbose, /ping, /nginx-ingress-controller)
            {ReadyPath,-16} 200 once every source has synced and the first configuration serves
            {MetricsPath,-16} Prometheus metrics
            {ConfigurationPath,-16} the running configuration as JSON, without secrets

            """;
    }

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public async Task ProcessRequestAsync(HttpContext context)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(WriteTimeout);
        try
        {
            await AnswerAsync(context, limit.Token);
        }
        catch (OperationCanceledException)
        {
            // The reader has gone, or was too slow; half a page must not look like a whole one.
            context.Abort();
        }
        catch (Exception e) when (Report(context, e))
        {
            throw;
        }
    }

    private Task AnswerAsync(HttpContext context, CancellationToken cancellation)
    {
        var path = context.Request.Path.Value ?? "";
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return PlainText.WriteAsync(context.Response, StatusCodes.Status405MethodNotAllowed, "method not allowed\n", cancellation);
        }

        if (_health.TryAnswer(context, path, cancellation, out var answered))
        {
            return answered;
        }

        return path switch
        {
            ReadyPath => WriteReadinessAsync(context, cancellation),
            MetricsPath => WriteMetricsAsync(context, cancellation),
            ConfigurationPath => ConfigurationPage.WriteAsync(context.Response, _state.Model, cancellation),
            "/" => PlainText.WriteAsync(context.Response, StatusCodes.Status200OK, _index, cancellation),
            _ => PlainText.WriteAsync(context.Response, StatusCodes.Status404NotFound, "404 page not found\n", cancellation),
        };
    }

    private Task WriteReadinessAsync(HttpContext context, CancellationToken cancellation)
    {
        var missing = _state.MissingForReadiness;
        if (missing.Count == 0)
        {
            return PlainText.WriteAsync(context.Response, StatusCodes.Status200OK, "ok", cancellation);
        }

        var text = new StringBuilder("not ready\n");
        foreach (var sentence in missing)
        {
            text.Append("[-]").Append(sentence).Append('\n');
        }

        return PlainText.WriteAsync(context.Response, StatusCodes.Status503ServiceUnavailable, text.ToString(), cancellation);
    }

    private async Task WriteMetricsAsync(HttpContext context, CancellationToken cancellation)
    {
        context.Response.ContentType = _state.MetricsContentType;
        await _state.WriteMetricsAsync(context.Response.BodyWriter, cancellation);
    }

    /// <summary>A filter that lets the exception pass: Kestrel answers 500, or cuts the connection when the page had begun.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "A page that fails is reported, whatever the cause.")]
    private bool Report(HttpContext context, Exception error)
    {
        _state.PageFailed(context.Request.Path.Value ?? "", error);
        return true;
    }
}
