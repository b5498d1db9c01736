using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Portico.Net.Dns;
using Xunit;

namespace Portico.UnitTests.Dns;

public class DnsMessageTests
{
    private const int Response = 0x8180;

    [Fact]
    public void A_query_asks_one_recursive_question()
    {
        Span<byte> buffer = stackalloc byte[DnsMessage.MaxQueryLength];
        buffer.Fill(0xEE);
        Assert.True(DnsName.TryParse("Web.Example.test", out var name));
        var length = DnsMessage.WriteQuery(buffer, 0x1234, name, DnsRecordType.Aaaa);
        byte[] expected = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. DnsBytes.Name("web.example.test"), 0, 28, 0, 1];
        Assert.Equal(expected, buffer[..length].ToArray());
    }

    [Fact]
    public void Addresses_and_aliases_are_read()
    {
        var bytes = DnsBytes.Message(7, Response, "WEB.test", DnsBytes.A, [DnsBytes.Alias("web.TEST", "real.test", 30), DnsBytes.Address("real.test", "10.0.0.1", 90)]);
        Assert.True(DnsMessage.TryReadResponse(bytes, out var message));
        Assert.Equal(7, message.Id);
        Assert.Equal("web.test.", message.Question.ToString());
        Assert.Equal(["web.test.", "real.test."], message.Answers.Select(answer => answer.Owner.ToString()));
        Assert.Equal("real.test.", message.Answers[0].Target.ToString());
        Assert.Equal(IPAddress.Parse("10.0.0.1"), message.Answers[1].Address);
        Assert.Equal(TimeSpan.FromSeconds(90), message.Answers[1].TimeToLive);
    }

    [Fact]
    public void Compressed_names_are_read()
    {
        byte[] toQuestion = [0xC0, 12];
        byte[] belowQuestion = [3, (byte)'w', (byte)'w', (byte)'w', 0xC0, 12];
        var bytes = DnsBytes.Message(1, Response, "a.test", DnsBytes.A, [DnsBytes.Record(toQuestion, DnsBytes.Cname, 5, belowQuestion), DnsBytes.Record(belowQuestion, DnsBytes.A, 5, [10, 0, 0, 1])]);
        Assert.True(DnsMessage.TryReadResponse(bytes, out var message));
        Assert.Equal("www.a.test.", message.Answers[0].Target.ToString());
        Assert.Equal(message.Answers[0].Target, message.Answers[1].Owner);
    }

    [Theory]
    [InlineData(new byte[] { 0xC0, 24 }, "itself")]
    [InlineData(new byte[] { 0xC0, 26 }, "forward")]
    [InlineData(new byte[] { 1, (byte)'a', 0xC0, 24 }, "its own beginning")]
    [InlineData(new byte[] { 0xC0 }, "nowhere")]
    [InlineData(new byte[] { 0x80, 1 }, "a reserved kind of label")]
    [InlineData(new byte[] { 63, (byte)'a' }, "beyond the end")]
    public void A_name_that_leads_astray_makes_the_message_unusable(byte[] owner, string where)
    {
        // The question "a.test" ends at 24, where the first record's name begins.
        byte[] bytes = [.. DnsBytes.Message(1, Response, "a.test", DnsBytes.A, [[]]), .. owner];
        Assert.False(DnsMessage.TryReadResponse(bytes, out _), where);
    }

    [Fact]
    public void A_name_of_too_many_labels_is_refused()
    {
        var label = new string('x', 63);
        var exact = $"{label}.{label}.{label}.{new string('y', 61)}";
        Assert.True(DnsMessage.TryReadResponse(DnsBytes.Message(1, Response, exact, DnsBytes.A, []), out _));
        Assert.False(DnsMessage.TryReadResponse(DnsBytes.Message(1, Response, exact + ".z", DnsBytes.A, []), out _));
    }

    [Fact]
    public void What_is_no_response_to_one_question_is_refused()
    {
        Assert.False(DnsMessage.TryReadResponse([], out _));
        Assert.False(DnsMessage.TryReadResponse(DnsBytes.Message(1, 0x0100, "a.test", DnsBytes.A, []), out _));
        Assert.False(DnsMessage.TryReadResponse(DnsBytes.Message(1, Response | 0x0800, "a.test", DnsBytes.A, []), out _));
        var twoQuestions = DnsBytes.Message(1, Response, "a.test", DnsBytes.A, []);
        twoQuestions[5] = 2;
        Assert.False(DnsMessage.TryReadResponse(twoQuestions, out _));
    }

    [Theory]
    [InlineData(DnsBytes.A, 3)]
    [InlineData(DnsBytes.A, 5)]
    [InlineData(DnsBytes.Aaaa, 4)]
    [InlineData(DnsBytes.Cname, 0)]
    public void An_address_or_alias_of_wrong_length_makes_the_message_unusable(ushort type, int length)
    {
        var record = DnsBytes.Record(DnsBytes.Name("a.test"), type, 1, new byte[length]);
        Assert.False(DnsMessage.TryReadResponse(DnsBytes.Message(1, Response, "a.test", type, [record]), out _));
    }

    [Fact]
    public void Records_of_other_kinds_and_classes_are_skipped()
    {
        var text = DnsBytes.Record(DnsBytes.Name("a.test"), 16, 1, [1, 2, 3]);
        var chaos = DnsBytes.Record(DnsBytes.Name("a.test"), DnsBytes.A, 1, [1], recordClass: 3);
        Assert.True(DnsMessage.TryReadResponse(DnsBytes.Message(1, Response, "a.test", DnsBytes.A, [text, chaos, DnsBytes.Address("a.test", "10.0.0.1")]), out var message));
        Assert.Single(message.Answers);
    }

    [Fact]
    public void A_time_to_live_with_the_top_bit_is_zero()
    {
        Assert.True(DnsMessage.TryReadResponse(DnsBytes.Message(1, Response, "a.test", DnsBytes.A, [DnsBytes.Address("a.test", "10.0.0.1", 0x80000001)]), out var message));
        Assert.Equal(TimeSpan.Zero, message.Answers[0].TimeToLive);
    }

    [Fact]
    public void The_zone_says_how_long_a_refusal_holds()
    {
        Assert.True(DnsMessage.TryReadResponse(DnsBytes.Message(1, Response | 3, "a.test", DnsBytes.A, [], DnsBytes.Authority(300, 20)), out var message));
        Assert.Equal(DnsResponseCode.NameError, message.Code);
        Assert.Equal(TimeSpan.FromSeconds(20), message.NegativeTimeToLive);
    }

    [Fact]
    public void A_truncated_message_is_only_read_as_far_as_its_question()
    {
        byte[] bytes = DnsBytes.Message(1, Response | 0x0200, "a.test", DnsBytes.A, [DnsBytes.Address("a.test", "10.0.0.1")]);
        Assert.True(DnsMessage.TryReadResponse(bytes.AsSpan(0, bytes.Length - 3), out var message));
        Assert.True(message.Truncated);
        Assert.Empty(message.Answers);
    }

    [Fact]
    public void Any_bytes_are_read_or_refused() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => DnsMessage.TryReadResponse(bytes, out _) || true).QuickCheckThrowOnFailure();

    [Fact]
    public void A_good_message_that_is_damaged_or_cut_anywhere_is_read_or_refused()
    {
        byte[] pointer = [0xC0, 12];
        var good = DnsBytes.Message(
            1, Response, "web.a.test", DnsBytes.A,
            [DnsBytes.Record(pointer, DnsBytes.Cname, 5, [1, (byte)'b', 0xC0, 16]), DnsBytes.Address("b.a.test", "10.0.0.1")], DnsBytes.Authority(1, 2));
        Assert.True(DnsMessage.TryReadResponse(good, out _));
        var random = new Random(3);
        for (var i = 0; i < 100_000; i++)
        {
            var bytes = good.AsSpan(0, random.Next(8) == 0 ? random.Next(good.Length) : good.Length).ToArray();
            for (var hits = random.Next(4); hits > 0 && bytes.Length > 0; hits--)
            {
                bytes[random.Next(bytes.Length)] = (byte)(random.Next(3) == 0 ? 0xC0 : random.Next(256));
            }

            DnsMessage.TryReadResponse(bytes, out _);
        }

        for (var length = 0; length < good.Length; length++)
        {
            Assert.False(DnsMessage.TryReadResponse(good.AsSpan(0, length), out _));
        }
    }

    [Theory]
    [InlineData("a.test", true)]
    [InlineData("a.test.", true)]
    [InlineData("_dns._tcp.a-b.test", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("a..test", false)]
    [InlineData(".a.test", false)]
    [InlineData("a test", false)]
    [InlineData("ä.test", false)]
    [InlineData("a\0.test", false)]
    public void Names_are_dotted_printable_ascii(string text, bool good) => Assert.Equal(good, DnsName.TryParse(text, out _));

    [Fact]
    public void Names_are_limited_in_label_and_length()
    {
        Assert.True(DnsName.TryParse(new string('a', 63), out _));
        Assert.False(DnsName.TryParse(new string('a', 64), out _));
        var longest = string.Join('.', Enumerable.Repeat(new string('a', 62), 4)) + ".b";
        Assert.True(DnsName.TryParse(longest, out var name));
        Assert.Equal(255, name.Wire.Length);
        Assert.False(DnsName.TryParse(longest + "b", out _));
    }
}
