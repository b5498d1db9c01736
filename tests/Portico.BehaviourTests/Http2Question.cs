using System.Globalization;
using System.Text;
using Portico.TestKit.Http2;
using Portico.TestKit.Wire;

namespace Portico.BehaviourTests;

/// <summary>A request of a case as one stream of HTTP/2, over TLS or with prior knowledge, the only one of its connection.</summary>
internal static class Http2Question
{
    private const int Stream = 1;

    public static async Task<Answer> AskAsync(RawClient wire, RequestStep request, string mark)
    {
        if (request.Url.Scheme == "https" && wire.Alpn != "h2")
        {
            throw new BehaviourException($"{request}: HTTP/2 is not agreed to");
        }

        // Closing the connection is its owner's.
        var client = new RawHttp2Client(wire);
        await client.OpenAsync();
        var goesOn = request.Body.Length > 0 || request.Method == "CONNECT";
        await client.SendAsync(new Http2Bytes().Headers(Stream, (byte)(FrameFlag.EndHeaders | (goesOn ? 0 : FrameFlag.EndStream)), Fields(request, mark)));
        if (request.Body.Length > 0)
        {
            await client.SendBodyAsync(Stream, Encoding.UTF8.GetBytes(request.Body));
        }

        var response = await client.ReadResponseAsync(Stream);
        var fields = response.Fields.Where(f => f.Name[0] != ':').Select(f => new Header(f.Name, f.Value)).ToList();
        return response.Fields.Count == 0
            ? throw new BehaviourException($"{request}: the stream is reset: {response.Reset}")
            : new Answer(response.Status, new MessageHead(string.Create(CultureInfo.InvariantCulture, $"HTTP/2 {response.Status}"), fields), response.Body);
    }

    private static (string Name, string Value)[] Fields(RequestStep request, string mark)
    {
        var fields = new List<(string, string)> { (":method", request.Method) };
        if (request.Method != "CONNECT")
        {
            fields.Add((":scheme", request.Url.Scheme));
            fields.Add((":path", request.Target));
        }

        if (request.Host.Length > 0)
        {
            fields.Add((":authority", request.Host));
        }

        fields.Add((CaseRunner.MarkHeader.ToLowerInvariant(), mark));
        fields.AddRange(request.Headers.Select(h => (h.Key.ToLowerInvariant(), h.Value)));
        if (request.Body.Length > 0 && !request.Chunked)
        {
            fields.Add(("content-length", Encoding.UTF8.GetByteCount(request.Body).ToString(CultureInfo.InvariantCulture)));
        }

        return [.. fields];
    }
}
