using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;

namespace Portico.BehaviourTests;

/// <summary>Plays one case against a running program.</summary>
internal sealed class CaseRunner(PorticoProcess process, Fixtures fixtures)
{
    /// <summary>Tells the requests of all cases apart at the shared backends.</summary>
    public const string MarkHeader = "X-Case-Mark";

    private readonly List<string> _failures = [];

    private bool _changed;

    /// <summary>Plays all steps; everything that differs is told at the end.</summary>
    public async Task RunAsync(IReadOnlyList<Step> steps)
    {
        foreach (var step in steps)
        {
            switch (step)
            {
                case ApplyStep apply:
                    foreach (var (name, documents) in apply.Files)
                    {
                        process.Manifests.RenameInto(name, fixtures.Fill(documents));
                    }
                    _changed = true;
                    break;
                case DeleteStep delete:
                    process.Manifests.DeleteFile(delete.FileName);
                    _changed = true;
                    break;
                case RequestStep request:
                    await CheckAsync(request);
                    break;
            }
        }
        if (_failures.Count > 0)
        {
            throw new BehaviourException(string.Join("\n", _failures));
        }
    }

    // After a change nobody tells when it has taken effect: the first request is repeated until it sees it. So is one for the
    // administrative port: what was answered is counted a moment later.
    private async Task CheckAsync(RequestStep request)
    {
        for (var i = 0; i < request.Times; i++)
        {
            var differences = await AskAsync(request);
            if ((_changed || request.ToAdmin) && differences.Count > 0)
            {
                differences = await AskUntilAsExpectedAsync(request, differences);
            }
            _changed = false;
            if (differences.Count > 0)
            {
                _failures.Add($"{request}:\n  {string.Join("\n  ", differences)}");
                return;
            }
        }

        await CheckLogAsync(request.Expect);
    }

    private async Task CheckLogAsync(Expectation expect)
    {
        if (expect.Logs is { } wanted)
        {
            await Eventually.TrueAsync(() => Lines().Any(line => Comparison.Holds(wanted, line)), $"a line of the output holds '{wanted}'");
        }

        if (expect.LogsNothingOf is { } unwanted && Lines().FirstOrDefault(line => Comparison.Holds(unwanted, line)) is { } found)
        {
            throw new BehaviourException($"no line should hold '{unwanted}': {found}");
        }

        string[] Lines() => process.Output.Split('\n');
    }

    private async Task<IReadOnlyList<string>> AskUntilAsExpectedAsync(RequestStep request, IReadOnlyList<string> differences)
    {
        try
        {
            await Eventually.TrueAsync(
                async () => (differences = await AskAsync(request)).Count == 0,
                $"{request}: {string.Join("; ", differences)}",
                TimeSpan.FromSeconds(10));
        }
        catch (TimeoutException)
        {
            // The last differences say what was waited for.
        }
        return differences;
    }

    private async Task<IReadOnlyList<string>> AskAsync(RequestStep request)
    {
        var mark = Guid.NewGuid().ToString("N");
        RawClient connected;
        try
        {
            connected = await ConnectAsync(request);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return request.Expect.Refused ? [] : ["the connection is refused"];
        }

        await using var client = connected;
        if (request.Expect.Refused)
        {
            return ["the connection is accepted"];
        }

        Answer answer;
        try
        {
            answer = request.Version == "2" ? await Http2Question.AskAsync(client, request, mark) : await AskAsync(client, request, mark);
        }
        catch (IOException) when (request.Expect.Closed)
        {
            return [];
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            return [$"no answer: {e.Message}"];
        }
        if (request.Expect.Closed)
        {
            return [$"status {answer.Status} instead of the end of the connection"];
        }

        var certificate = client.ServerCertificate is { } presented ? fixtures.SecretOf(presented.Thumbprint) ?? (presented.Subject.Contains("Fake", StringComparison.Ordinal) ? "fake" : presented.Subject) : null;
        return Comparison.Differences(request.Expect, answer, fixtures.Find(mark, request.Expect.At), certificate);
    }

    private static async Task<Answer> AskAsync(RawClient client, RequestStep request, string mark)
    {
        await client.TrySendAsync(Encoding.UTF8.GetBytes(Compose(request, mark)));
        var response = await client.ReadResponseAsync(request.Method);
        return new Answer(response.Status, response.Head, response.Body);
    }

    private Task<RawClient> ConnectAsync(RequestStep request)
    {
        if (request.Url.Scheme == "https")
        {
            return process.ConnectTlsAsync(request.ServerName, fixtures.ClientCertificate(request.ClientCertificate), request.Version == "2" ? "h2" : "http/1.1");
        }

        var source = IPAddress.Parse(request.Source);
        if (request.ToAdmin)
        {
            return RawClient.ConnectAsync(process.AdminEndPoint, source);
        }
        return request.TcpService is null
            ? process.ConnectAsync(source)
            : RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, fixtures.TcpPort(request.TcpService)), source);
    }

    private static string Compose(RequestStep request, string mark)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{request.Method} {(request.Method == "CONNECT" ? request.Host : request.Target)} HTTP/{request.Version}\r\n");
        if (request.Host.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"Host: {request.Host}\r\n");
        }
        text.Append(CultureInfo.InvariantCulture, $"{MarkHeader}: {mark}\r\n");
        foreach (var (name, value) in request.Headers)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }
        if (request.Chunked)
        {
            return text.Append(CultureInfo.InvariantCulture, $"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{Encoding.UTF8.GetByteCount(request.Body):x}\r\n{request.Body}\r\n0\r\n\r\n").ToString();
        }
        if (request.Body.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"Content-Length: {Encoding.UTF8.GetByteCount(request.Body)}\r\n");
        }
        return text.Append("Connection: close\r\n\r\n").Append(request.Body).ToString();
    }
}
