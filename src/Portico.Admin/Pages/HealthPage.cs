using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;

namespace Portico.Admin.Pages;

/// <summary>
/// <c>/healthz</c> in the words of Kubernetes' health handler, which ingress-nginx uses: <c>ok</c>, or a line for each check
/// and 500. The checks have pages of their own below it.
/// </summary>
internal sealed class HealthPage(string path, IAdminState state)
{
    private const string ControllerCheck = "nginx-ingress-controller";

    private readonly string _pingPath = path + "/ping";
    private readonly string _controllerPath = path + "/" + ControllerCheck;

    public bool TryAnswer(HttpContext context, string requestPath, CancellationToken cancellation, [NotNullWhen(true)] out Task? answered)
    {
        answered = requestPath == path ? WriteAllAsync(context, cancellation)
            : requestPath == _pingPath ? PlainText.WriteAsync(context.Response, StatusCodes.Status200OK, "ok", cancellation)
            : requestPath == _controllerPath ? WriteControllerAsync(context, cancellation)
            : null;
        return answered is not null;
    }

    private Task WriteAllAsync(HttpContext context, CancellationToken cancellation)
    {
        if (!state.IsHealthy)
        {
            return PlainText.WriteAsync(
                context.Response,
                StatusCodes.Status500InternalServerError,
                $"[+]ping ok\n[-]{ControllerCheck} failed: reason withheld\nhealthz check failed\n",
                cancellation);
        }

        var text = context.Request.Query.ContainsKey("verbose") ? $"[+]ping ok\n[+]{ControllerCheck} ok\nhealthz check passed\n" : "ok";
        return PlainText.WriteAsync(context.Response, StatusCodes.Status200OK, text, cancellation);
    }

    private Task WriteControllerAsync(HttpContext context, CancellationToken cancellation) => state.IsHealthy
        ? PlainText.WriteAsync(context.Response, StatusCodes.Status200OK, "ok", cancellation)
        : PlainText.WriteAsync(
            context.Response, StatusCodes.Status500InternalServerError, "internal server error: the gateway is not loaded or is shutting down\n", cancellation);
}
