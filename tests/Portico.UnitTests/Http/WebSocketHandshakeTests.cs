using System.Text;
using Portico.Http.Messages;
using Xunit;

namespace Portico.UnitTests.Http;

public class WebSocketHandshakeTests
{
    /// <summary>The pair of RFC 6455, 1.3.</summary>
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    private const string Proof = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    [Theory]
    [InlineData(Key, Proof, true)]
    [InlineData(Key, "s3pplmbitxaq9kygzzhzrbk+xoo=", false)]
    [InlineData(Key, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo", false)]
    [InlineData(Key, "", false)]
    [InlineData("another", Proof, false)]
    public void The_proof_belongs_to_the_key(string key, string proof, bool accepted) =>
        Assert.Equal(accepted, WebSocketHandshake.IsAccepted(Headers(("sec-websocket-key", key)), Headers(("Sec-WebSocket-Accept", proof))));

    [Fact]
    public void There_is_one_key_and_one_proof()
    {
        Assert.False(WebSocketHandshake.IsAccepted(Headers(), Headers(("Sec-WebSocket-Accept", Proof))));
        Assert.False(WebSocketHandshake.IsAccepted(Headers(("Sec-WebSocket-Key", Key)), Headers()));
        Assert.False(WebSocketHandshake.IsAccepted(Headers(("Sec-WebSocket-Key", Key)), Headers(("Sec-WebSocket-Accept", Proof), ("Sec-WebSocket-Accept", Proof))));
        Assert.False(WebSocketHandshake.IsAccepted(Headers(("Sec-WebSocket-Key", new string('k', 1000))), Headers(("Sec-WebSocket-Accept", Proof))));
    }

    private static HeaderBlock Headers(params (string Name, string Value)[] fields)
    {
        var block = new HeaderBlock { Buffer = Encoding.ASCII.GetBytes(string.Concat(fields.Select(f => f.Name + f.Value))) };
        var at = 0;
        foreach (var (name, value) in fields)
        {
            block.Add(at, name.Length, at + name.Length, value.Length);
            at += name.Length + value.Length;
        }

        return block;
    }
}
