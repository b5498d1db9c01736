namespace Portico.Kubernetes.Api;

/// <summary>
/// The body of an answer that has an end, piece by piece: each has to come within <see cref="ApiClient.Silence"/>. Owned by whoever
/// reads the answer.
/// </summary>
internal sealed class AnswerBody(Stream stream, CancellationToken cancellation) : IDisposable
{
    private readonly CancellationTokenSource _silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);

    /// <summary>Zero at the end.</summary>
    /// <exception cref="IOException">The connection broke, or nothing came.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> room)
    {
        _silence.CancelAfter(ApiClient.Silence);
        try
        {
            return await stream.ReadAsync(room, _silence.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"the API server sent nothing for {ApiClient.Silence.TotalSeconds} s in the middle of an answer");
        }
        catch (HttpRequestException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    public void Dispose() => _silence.Dispose();
}
