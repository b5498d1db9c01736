namespace Portico.Http;

/// <summary>
/// What an exchange becomes that has switched protocols: bytes both ways, for hours perhaps. The handler leaves it in
/// <see cref="Exchange.Tunnel"/>; it runs once the handler has returned, when everything that HTTP needed has been given back.
/// </summary>
public interface ITunnel
{
    /// <summary>Moves bytes until both directions have ended, on the shard's thread. Called once.</summary>
    ValueTask<bool> RunAsync(IClientStream client);
}

/// <summary>
/// The client's side of a tunnel: its connection (HTTP/1) or its stream (HTTP/2). Statuses are those of <see cref="Net.IoStatus"/>.
/// Whoever owned the exchange ends it when the tunnel has returned.
/// </summary>
public interface IClientStream
{
    /// <summary>Bytes of the exchange so far, its heads included.</summary>
    ExchangeBytes Bytes { get; }

    /// <summary>Waits until a read has something to say, holding no buffer meanwhile.</summary>
    /// <returns>A positive number when there is input (or its end) to read, or an error.</returns>
    ValueTask<int> WaitForInputAsync(TimeSpan timeout);

    /// <summary>Reads what is there, first what came behind the request.</summary>
    /// <returns>As <see cref="Net.Sockets.Connection.ReadNow"/>.</returns>
    int ReadNow(byte[] buffer);

    /// <summary>Writes all bytes; ends when they are taken, so that a slow client makes a slow writer.</summary>
    /// <param name="timeout">Longest time in which the client takes no byte.</param>
    /// <returns>A negative status when the client is gone.</returns>
    ValueTask<int> WriteAsync(byte[] buffer, int offset, int count, TimeSpan timeout);

    /// <summary>Ends the direction towards the client; the other goes on.</summary>
    void FinishWriting();

    /// <summary>Ends both directions at once; reads and writes under way end with <see cref="Net.IoStatus.Canceled"/>.</summary>
    void Close();
}

/// <summary>What an exchange has moved.</summary>
/// <param name="Received">Bytes from the client, head and body as they came.</param>
/// <param name="Sent">Bytes handed to the client's connection, head and framing included.</param>
/// <param name="BodySent">Payload bytes of those.</param>
public readonly record struct ExchangeBytes(long Received, long Sent, long BodySent);
