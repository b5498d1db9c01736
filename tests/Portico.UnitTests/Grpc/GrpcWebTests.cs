using System.Text;
using Portico.Proxy.Grpc;
using Portico.Proxy.Requests;
using Xunit;

namespace Portico.UnitTests.Grpc;

public sealed class GrpcWebTests
{
    // Messages encoded each for itself, with both kinds of padding and with none.
    private static readonly byte[] Whole = [0, 0, 0, 0, 1, (byte)'a', 0, 0, 0, 0, 2, (byte)'b', (byte)'c', 0, 0, 0, 0, 4, 0xff, 0xfe, 0xfd, 0xfc];

    private static readonly byte[] Encoded = Encoding.ASCII.GetBytes(
        Convert.ToBase64String(Whole[..6]) + Convert.ToBase64String(Whole[6..13]) + Convert.ToBase64String(Whole[13..]));

    [Fact]
    public void Text_is_decoded_whatever_the_pieces_are()
    {
        for (var first = 0; first <= Encoded.Length; first++)
        {
            for (var second = first; second <= Encoded.Length; second++)
            {
                var decoder = new GrpcWebTextDecoder();
                var got = Decode(ref decoder, Encoded[..first]).Concat(Decode(ref decoder, Encoded[first..second])).Concat(Decode(ref decoder, Encoded[second..]));
                Assert.Equal(Whole, got);
                Assert.True(decoder.IsWhole);
            }
        }
    }

    [Fact]
    public void Text_is_decoded_byte_by_byte_and_is_whole_at_the_end_of_a_quantum_only()
    {
        var decoder = new GrpcWebTextDecoder();
        var got = new List<byte>();
        for (var i = 0; i < Encoded.Length; i++)
        {
            got.AddRange(Decode(ref decoder, Encoded[i..(i + 1)]));
            Assert.Equal(i % 4 == 3, decoder.IsWhole);
        }

        Assert.Equal(Whole, got);
    }

    [Theory]
    [InlineData("=")]
    [InlineData("a=")]
    [InlineData("a===")]
    [InlineData("ab=c")]
    [InlineData("ab-d")]
    [InlineData("ab_d")]
    [InlineData("abc\n")]
    [InlineData("abc\u00ff")]
    [InlineData("AAAA AAAA")]
    public void What_is_no_base64_is_refused(string text)
    {
        var decoder = new GrpcWebTextDecoder();
        Assert.Equal(-1, decoder.Decode(Encoding.Latin1.GetBytes(text), new byte[64]));
    }

    [Theory]
    [InlineData("application/grpc-web", "Binary", "application/grpc")]
    [InlineData("application/grpc-web+proto", "Binary", "application/grpc+proto")]
    [InlineData("APPLICATION/gRPC-Web+json", "Binary", "application/grpc+json")]
    [InlineData("application/grpc-web; charset=x", "Binary", "application/grpc; charset=x")]
    [InlineData("application/grpc-web-text", "Text", "application/grpc")]
    [InlineData("application/grpc-web-text+proto", "Text", "application/grpc+proto")]
    [InlineData("application/grpc-webby", "None", "")]
    [InlineData("application/grpc-web-texts", "None", "")]
    [InlineData("application/grpc", "None", "")]
    [InlineData("application/grpc+proto", "None", "")]
    [InlineData("", "None", "")]
    public void Types_are_told_apart_and_keep_what_stands_behind_them(string type, string form, string call)
    {
        Assert.Equal(form, GrpcWebForms.Read(Encoding.ASCII.GetBytes(type), out _).ToString());
        if (call.Length > 0)
        {
            Assert.Equal(call, Encoding.ASCII.GetString(GrpcWebForms.ToCall(Encoding.ASCII.GetBytes(type), new ByteBuilder())));
        }
    }

    [Fact]
    public void The_answers_type_is_that_of_the_form()
    {
        Assert.Equal("application/grpc-web+proto", Encoding.ASCII.GetString(GrpcWebForms.FromCall("application/grpc+proto"u8, GrpcWebForm.Binary, new ByteBuilder())));
        Assert.Equal("application/grpc-web-text", Encoding.ASCII.GetString(GrpcWebForms.FromCall("application/grpc"u8, GrpcWebForm.Text, new ByteBuilder())));
    }

    [Fact]
    public void Trailers_are_a_frame_of_lines_with_names_in_lower_case()
    {
        var trailers = new GrpcWebTrailers();
        trailers.Add("grpc-status"u8, "0"u8);
        trailers.Clear();
        trailers.Add("Grpc-Status"u8, "5"u8);
        trailers.Add("grpc-message"u8, "no"u8);
        Assert.Equal("grpc-status:5\r\ngrpc-message:no\r\n", Encoding.ASCII.GetString(trailers.Finish()[5..]));
        Assert.Equal([0x80, 0, 0, 0, 32], trailers.Finish()[..5].ToArray());
        var text = new byte[trailers.LengthIn(GrpcWebForm.Text)];
        trailers.CopyTo(text, GrpcWebForm.Text);
        Assert.Equal(trailers.Finish().ToArray(), Convert.FromBase64String(Encoding.ASCII.GetString(text)));
    }

    [Fact]
    public void Trailers_of_any_size_fit()
    {
        var trailers = new GrpcWebTrailers();
        for (var i = 0; i < 1000; i++)
        {
            trailers.Add("x-name"u8, "some value"u8);
        }

        Assert.Equal((1000 * "x-name:some value\r\n".Length) + 5, trailers.Finish().Length);
    }

    /// <summary>As the forwarder does: the input stands in the same memory, a little behind.</summary>
    private static byte[] Decode(ref GrpcWebTextDecoder decoder, byte[] input)
    {
        var room = new byte[input.Length + GrpcWebTextDecoder.MostHeld];
        input.CopyTo(room, GrpcWebTextDecoder.MostHeld);
        var count = decoder.Decode(room.AsSpan(GrpcWebTextDecoder.MostHeld), room);
        return room[..count];
    }
}
