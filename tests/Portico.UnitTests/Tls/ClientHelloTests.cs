using System.Net.Security;
using System.Text;
using Portico.Net.Tls;
using Xunit;

namespace Portico.UnitTests.Tls;

public class ClientHelloTests
{
    [Theory]
    [InlineData("www.example.com")]
    [InlineData("a")]
    public void The_server_name_is_found_and_every_beginning_asks_for_more(string name)
    {
        var hello = Record(Hello(name));
        Assert.Equal((ClientHelloStatus.Done, name), Parse(hello));
        Assert.Equal((ClientHelloStatus.Done, name), Parse([.. hello, 1, 2, 3]));
        for (var length = 0; length < hello.Length; length++)
        {
            Assert.Equal((ClientHelloStatus.NeedMore, ""), Parse(hello[..length]));
        }
    }

    [Fact]
    public void A_hello_may_be_cut_into_records_anywhere()
    {
        var message = Hello("cut.test");
        for (var at = 1; at < message.Length; at++)
        {
            Assert.Equal((ClientHelloStatus.Done, "cut.test"), Parse([.. Record(message[..at]), .. Record(message[at..])]));
        }

        Assert.Equal((ClientHelloStatus.Done, "cut.test"), Parse([.. message.SelectMany(b => Record([b]))]));
    }

    [Fact]
    public void A_hello_without_name_or_without_extensions_names_nobody()
    {
        Assert.Equal((ClientHelloStatus.Done, ""), Parse(Record(Hello(null))));
        Assert.Equal((ClientHelloStatus.Done, ""), Parse(Record(Message(Body([])))));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("\u0016\u0002")]
    [InlineData("\u0015\u0003\u0003\0\u0002")]
    [InlineData("\u0016\u0003\u0001\0\0")]
    [InlineData("\u0016\u0003\u0001\u0040\u0001")]
    [InlineData("\u0016\u0003\u0001\0\u0004\u0002\0\0\0")]
    public void Anything_else_is_not_tls(string text) => Assert.Equal(ClientHelloStatus.NotTls, Parse(Encoding.Latin1.GetBytes(text)).Status);

    [Fact]
    public void Lengths_that_contradict_one_another_are_refused()
    {
        var name = "x.test"u8.ToArray();
        byte[] tooLongName = [0, 0, 0, 11, 0, 9, 0, 0, 7, .. name];
        byte[] tooLongList = [0, 0, 0, 11, 0, 10, 0, 0, 6, .. name];
        Assert.Equal(ClientHelloStatus.NotTls, Parse(Record(Message(Body(WithLength(tooLongName))))).Status);
        Assert.Equal(ClientHelloStatus.NotTls, Parse(Record(Message(Body(WithLength(tooLongList))))).Status);
        Assert.Equal(ClientHelloStatus.NotTls, Parse(Record(Message(Body([0, 9, 0, 0, 0, 0])))).Status);
        Assert.Equal(ClientHelloStatus.NotTls, Parse(Record(Message([3, 3]))).Status);
    }

    [Fact]
    public async Task The_hello_of_a_real_client_is_read()
    {
        var recorded = new RecordingStream();
        await using var tls = new SslStream(recorded);
        await Assert.ThrowsAnyAsync<IOException>(() => tls.AuthenticateAsClientAsync("real.example.com"));
        Assert.Equal((ClientHelloStatus.Done, "real.example.com"), Parse(recorded.ToArray()));
    }

    private static (ClientHelloStatus Status, string Name) Parse(byte[] bytes)
    {
        var name = new byte[ClientHello.LongestName];
        var status = ClientHello.Parse(bytes, name, out var length);
        return (status, Encoding.ASCII.GetString(name, 0, length));
    }

    private static byte[] Hello(string? name)
    {
        byte[] other = [0, 43, 0, 3, 2, 3, 4];
        var text = Encoding.ASCII.GetBytes(name ?? "");
        byte[] named = [0, 0, .. WithLength([.. WithLength([0, .. WithLength(text)])])];
        return Message(Body(WithLength(name is null ? other : [.. other, .. named, 0, 16, 0, 0])));
    }

    private static byte[] Body(byte[] extensions) => [3, 3, .. new byte[32], 2, 9, 9, 0, 2, 0x13, 1, 1, 0, .. extensions];

    private static byte[] Message(byte[] body) => [1, 0, .. WithLength(body)];

    private static byte[] Record(byte[] fragment) => [22, 3, 1, .. WithLength(fragment)];

    private static byte[] WithLength(byte[] bytes) => [(byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];

    /// <summary>Keeps what is written; nothing ever comes back.</summary>
    private sealed class RecordingStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(0);
    }
}
