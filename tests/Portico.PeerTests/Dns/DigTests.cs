using Portico.DataPlaneTests.Gateways;
using Portico.DataPlaneTests.Streams;
using Xunit;

namespace Portico.PeerTests.Dns;

/// <summary>A DNS server behind a UDP service and a TCP service of the same port, asked by dig.</summary>
public sealed class DigTests(StreamGateway gateway, DnsServer dns) : GatewayTest<StreamGateway>(gateway), IClassFixture<StreamGateway>, IClassFixture<DnsServer>
{
    [Fact]
    public async Task Addresses_and_texts_come_by_datagram()
    {
        var at = await Gateway.ExposeUdpAsync(dns.Endpoint);
        Assert.Equal("192.0.2.7\n", await DnsServer.DigAsync(at, "door.test", "A"));
        Assert.Equal("\"come in\"\n", await DnsServer.DigAsync(at, "words.test", "TXT"));
        Assert.Equal("", await DnsServer.DigAsync(at, "words.test", "A"));
    }

    [Fact]
    public async Task A_thousand_questions_are_answered()
    {
        var at = await Gateway.ExposeUdpAsync(dns.Endpoint);
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(AskHundredAsync));
        Assert.All(answers, answer => Assert.Equal(string.Concat(Enumerable.Repeat("192.0.2.7\n", 100)), answer));

        async Task<string> AskHundredAsync(int client)
        {
            var questions = Path.GetTempFileName();
            try
            {
                await File.WriteAllLinesAsync(questions, Enumerable.Range(0, 100).Select(i => $"n{client}-{i}.door.test A +short"));
                // An address each: dig shares its ports (SO_REUSEPORT), and two of one address and port would take each other's answers.
                return await DnsServer.DigAsync(at, "-b", $"127.0.0.{20 + client}", "-f", questions);
            }
            finally
            {
                File.Delete(questions);
            }
        }
    }

    [Fact]
    public async Task What_is_too_long_for_a_datagram_is_asked_again_over_TCP()
    {
        var at = await Gateway.ExposeUdpAsync(dns.Endpoint);
        await Gateway.ExposeTcpAtAsync(at.Port, dns.Endpoint);
        var texts = (await DnsServer.DigAsync(at, "long.test", "TXT")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(DnsServer.LongText.Select(text => $"\"{text}\""), texts.Order(StringComparer.Ordinal));
        Assert.Equal("192.0.2.7\n", await DnsServer.DigAsync(at, "door.test", "A", "+tcp"));
    }
}
