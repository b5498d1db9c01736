using System.Text;
using Portico.TestKit.Http2;
using Portico.TestKit.Wire;

namespace Portico.TestKit.Backends;

/// <summary>Answers one request, whose head is there; runs beside the answers to other streams.</summary>
public delegate Task Http2Answer(Http2BackendConnection connection, Http2Message request);

/// <summary>
/// What a <see cref="ScriptedBackend"/> plays to be a backend of HTTP/2 with prior knowledge: its <see cref="Script"/> reads frames, and for
/// each request calls what the test wants to happen. Whatever the test sends goes out as it is, faults included.
/// </summary>
public sealed class Http2Service(Http2Answer answer)
{
    private readonly List<Http2Message> _requests = [];
    private readonly List<Http2BackendConnection> _connections = [];

    /// <summary>Taken anew for every request.</summary>
    public Http2Answer Answer { get; set; } = answer;

    /// <summary>What is announced on each connection.</summary>
    public IReadOnlyList<(int Id, uint Value)> Settings { get; init; } = [];

    /// <summary>Whether the windows that requests use up are given back.</summary>
    public bool OpensWindows { get; init; } = true;

    /// <summary>Goes before everything else on a connection; its end is waited for before the first frame is read.</summary>
    public Func<Http2BackendConnection, Task>? OnOpened { get; init; }

    /// <summary>In the order in which their heads came.</summary>
    public IReadOnlyList<Http2Message> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    public IReadOnlyList<Http2BackendConnection> Connections
    {
        get
        {
            lock (_requests)
            {
                return [.. _connections];
            }
        }
    }

    /// <summary>Answers with the method, the path and the body of the request, once that is whole.</summary>
    public static async Task EchoAsync(Http2BackendConnection connection, Http2Message request)
    {
        await request.Over;
        await connection.AnswerAsync(request, $"{request[":method"]} {request[":path"]} {request.Text}");
    }

    public Task WaitForRequestsAsync(int count) => Eventually.TrueAsync(() => Requests.Count >= count, $"{count} requests arrive");

    public async Task Script(BackendConnection wire)
    {
        using var connection = new Http2BackendConnection(wire) { OpensWindows = OpensWindows };
        lock (_requests)
        {
            _connections.Add(connection);
        }
        var answers = new List<Task>();
        try
        {
            var preface = Encoding.ASCII.GetString(await connection.ReadPrefaceAsync());
            if (preface != Http2Bytes.Preface)
            {
                throw new ProtocolException($"not the preface of HTTP/2: '{preface}'");
            }
            await connection.SendAsync(new Http2Bytes().Settings([.. Settings]));
            await (OnOpened?.Invoke(connection) ?? Task.CompletedTask);
            await ReadAsync(connection, answers);
        }
        finally
        {
            connection.NoteEnd();
            await Task.WhenAll(answers);
            wire.Close();
        }
    }

    private async Task ReadAsync(Http2BackendConnection connection, List<Task> answers)
    {
        var asked = new HashSet<int>();
        while (await connection.ReadFrameAsync(Timeout.InfiniteTimeSpan) is { } frame)
        {
            if (frame.Stream > 0 && connection.Request(frame.Stream) is { Fields: not null } request && asked.Add(frame.Stream))
            {
                lock (_requests)
                {
                    _requests.Add(request);
                }
                answers.Add(AnswerAsync(connection, request));
            }
        }
    }

    private async Task AnswerAsync(Http2BackendConnection connection, Http2Message request)
    {
        try
        {
            await Answer(connection, request);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // The gateway went away, or the test is over.
        }
    }
}
