using System.Globalization;
using System.Security.Cryptography;
using Portico.TestKit.Wire;

namespace Portico.TestKit.Backends;

/// <summary>The scripts that tests use again and again. A test with a wish of its own writes a lambda.</summary>
public static class Scripts
{
    /// <summary>Reads the whole request, then sends these bytes.</summary>
    public static BackendScript Answer(string response) => async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(response);
    };

    /// <summary>200 with this body and a Content-Length.</summary>
    public static BackendScript Body(string body) => async connection =>
    {
        var request = await connection.ReadRequestAsync();
        await connection.SendAsync(Ok(body, request.Method == "HEAD"));
    };

    /// <summary>Sends the body of the request back, and says in X-Backend, X-Method and X-Target who got what.</summary>
    public static BackendScript Echo(string name) => async connection =>
    {
        var request = await connection.ReadRequestAsync();
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 200 OK\r\nX-Backend: {name}\r\nX-Method: {request.Method}\r\nX-Target: {request.Target}\r\nContent-Type: text/plain\r\nContent-Length: {request.Body.Length}\r\n\r\n");
        await connection.SendAsync(request.Method == "HEAD" ? Text.Bytes(head) : [.. Text.Bytes(head), .. request.Body]);
    };

    /// <summary>Reads the request, waits for the signal, then sends these bytes.</summary>
    public static BackendScript AnswerAfter(Task signal, string response) => async connection =>
    {
        await connection.ReadRequestAsync();
        await signal.WaitAsync(connection.Stopping);
        await connection.SendAsync(response);
    };

    /// <summary>Reads the request and never answers.</summary>
    public static BackendScript Silence => async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.WaitForEndAsync();
    };

    /// <summary>Reads the request, sends the first bytes of the response and closes.</summary>
    public static BackendScript CloseAt(int position, string response) => async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(response[..position]);
        connection.Close();
    };

    /// <summary>Reads the request, sends the first bytes of the response and resets the connection.</summary>
    public static BackendScript ResetAt(int position, string response) => async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(response[..position]);
        connection.Reset();
    };

    /// <summary>Answers as soon as the head is there; reads the body afterwards.</summary>
    public static BackendScript AnswerBeforeBody(string response) => async connection =>
    {
        var request = await connection.ReadHeadAsync();
        await connection.SendAsync(response);
        await connection.ReadBodyAsync(request);
    };

    /// <summary>Answers 101 to any upgrade and then sends back whatever comes, until the other side ends; then ends too.</summary>
    public static BackendScript UpgradeEcho(string protocol = "websocket") => async connection =>
    {
        var request = await connection.ReadRequestAsync();
        await connection.SendAsync(Switching(request, protocol));
        await connection.ReadUntilEndAsync(piece => connection.SendAsync(piece));
        connection.Close();
    };

    /// <summary>The head of a 101, with the proof that a WebSocket's handshake was understood where the request has a key (RFC 6455, 4.2.2).</summary>
    public static string Switching(ReceivedRequest request, string protocol = "websocket")
    {
#pragma warning disable CA5350 // The protocol's.
        var proof = request["Sec-WebSocket-Key"] is { } key
            ? $"Sec-WebSocket-Accept: {Convert.ToBase64String(SHA1.HashData(Text.Bytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")))}\r\n"
            : "";
#pragma warning restore CA5350
        return $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: {protocol}\r\nConnection: Upgrade\r\n{proof}\r\n";
    }

    public static string Ok(string body, bool withoutBody = false) =>
        string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\n\r\n{(withoutBody ? "" : body)}");
}
