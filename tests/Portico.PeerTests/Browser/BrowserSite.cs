using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Portico.TestKit.Manifests;

namespace Portico.PeerTests.Browser;

/// <summary>The backend of the browser tests, on Kestrel: pages, images, a stream of events and a WebSocket that says everything again.</summary>
internal sealed class BrowserSite : IAsyncDisposable
{
    internal const int Images = 200;

    private const string Page =
        """
        <!doctype html><title>portico</title><link rel="icon" href="data:,"><script>
        const connect = url => new Promise((opened, failed) => {
          window.socket = new WebSocket(url);
          socket.binaryType = 'arraybuffer';
          socket.onopen = () => opened();
          socket.onerror = () => failed(new Error('the socket broke'));
          window.ended = new Promise(end => socket.onclose = e => end(`${e.code} ${e.wasClean}`));
        });
        const say = message => new Promise(heard => {
          socket.onmessage = e => heard(e.data);
          socket.send(message);
        });
        const sayBytes = async length => {
          const bytes = new Uint8Array(length).map((_, i) => i * 7);
          const echo = new Uint8Array(await say(bytes));
          return echo.length === length && echo.every((b, i) => b === bytes[i]);
        };
        const listen = count => new Promise((done, failed) => {
          const events = new EventSource('/events'), heard = [];
          events.onerror = () => failed(new Error(`the stream broke after ${heard}`));
          events.onmessage = async e => {
            const isLast = heard.push(e.data) === count, all = heard.join(' ');
            await fetch(`/seen/${e.data}`, { method: 'POST' }); // the next event may be here before the answer is
            if (isLast) { events.close(); done(all); }
          };
        });
        </script>
        """;

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _seen = new();

    private BrowserSite(WebApplication app) => _app = app;

    public ServiceEndpoint Endpoint => new("127.0.0.1", new Uri(_app.Urls.First()).Port);

    public static async Task<BrowserSite> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var site = new BrowserSite(builder.Build());
        site._app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
        site._app.Run(site.AnswerAsync);
        await site._app.StartAsync();
        return site;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.Split('/');
        switch (path[1])
        {
            case "":
                return SendAsync(context, "text/html", Page);
            case "gallery":
                return SendAsync(context, "text/html", Page + string.Concat(Enumerable.Range(1, Images).Select(i => string.Create(CultureInfo.InvariantCulture, $"<img src=/image/{i}>"))));
            case "image":
                return SendAsync(context, "image/svg+xml", Image(int.Parse(path[2], CultureInfo.InvariantCulture)));
            case "events":
                return TellAsync(context);
            case "seen":
                SeenSignal(path[2]).TrySetResult();
                return Task.CompletedTask;
            case "socket":
                return EchoAsync(context);
            default:
                context.Response.StatusCode = 404;
                return Task.CompletedTask;
        }
    }

    private static Task SendAsync(HttpContext context, string type, string text)
    {
        context.Response.ContentType = type;
        return context.Response.WriteAsync(text);
    }

    /// <summary>An image whose width is its number, so that the browser can tell whose bytes it got; some are tiny, some 20 KB.</summary>
    private static string Image(int number) => string.Create(
        CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{number}\" height=\"1\"><!--{new string('x', number * 100)}--></svg>");

    /// <summary>Each event leaves only when the browser has said that it saw the one before.</summary>
    private async Task TellAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        for (var i = 1; !context.RequestAborted.IsCancellationRequested; i++)
        {
            var number = i.ToString(CultureInfo.InvariantCulture);
            await context.Response.WriteAsync($"data: {number}\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await SeenSignal(number).Task.WaitAsync(context.RequestAborted);
        }
    }

    private TaskCompletionSource SeenSignal(string number) => _seen.GetOrAdd(number, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Says every message again, and closes after <c>bye</c>.</summary>
    private static async Task EchoAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var room = new byte[16 * 1024];
        while (true)
        {
            var got = await socket.ReceiveAsync(room, context.RequestAborted);
            if (got.MessageType == WebSocketMessageType.Close || room.AsSpan(0, got.Count).SequenceEqual("bye"u8))
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
                return;
            }

            await socket.SendAsync(room.AsMemory(0, got.Count), got.MessageType, got.EndOfMessage, context.RequestAborted);
        }
    }
}
