using Portico.Net.Tls;
using Xunit;

namespace Portico.UnitTests.Tls;

public class TlsResumptionTests
{
    private static readonly TestCertificate First = TestCertificate.Ecdsa("a.test");
    private static readonly TestCertificate Second = TestCertificate.Ecdsa("a.test");

    public static TheoryData<bool, bool, bool, bool> Cases => new()
    {
        // tls13, cache, tickets, resumes
        { false, true, false, true },
        { true, true, false, true },
        { false, false, true, true },
        { true, false, true, true },
        { false, true, true, true },
        { true, true, true, true },
        { false, false, false, false },
        { true, false, false, false },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sessions_come_back_when_cache_or_tickets_allow_it(bool tls13, bool cache, bool tickets, bool resumes)
    {
        var context = TlsPair.ServerContext(First, new TlsServerOptions { SessionCache = cache, SessionTickets = tickets });
        var client = Client(tls13);
        using var memory = new TlsResumption();
        Assert.False(Visit(context, client, memory));
        Assert.Equal(resumes, memory.HasSession);
        Assert.Equal(resumes, Visit(context, client, memory));
        Assert.Equal(resumes, Visit(context, client, memory));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Sessions_come_back_after_the_certificate_was_swapped(bool tls13, bool tickets)
    {
        var context = TlsPair.ServerContext(
            new TlsServerNames(First.Load()).With("a.test", First.Load()), new TlsServerOptions { SessionTickets = tickets });
        var client = Client(tls13);
        using var memory = new TlsResumption();
        Assert.False(Visit(context, client, memory));
        context.Publish(new TlsServerNames(Second.Load()).With("a.test", Second.Load()));
        Assert.True(Visit(context, client, memory));
        using var fresh = new TlsPair(context, client, "a.test").Established();
        Assert.Equal(Second.Der, fresh.ShownCertificate());
    }

    [Theory]
    [InlineData(48)]
    [InlineData(80)]
    public void Listeners_with_the_same_ticket_key_take_each_others_sessions(int length)
    {
        var key = new byte[length];
        Random.Shared.NextBytes(key);
        var options = new TlsServerOptions { SessionTickets = true, TicketKeys = [key] };
        foreach (var tls13 in new[] { false, true })
        {
            using var memory = new TlsResumption();
            var client = Client(tls13);
            Assert.False(Visit(TlsPair.ServerContext(First, options), client, memory));
            Assert.True(Visit(TlsPair.ServerContext(Second, options), client, memory));
            Assert.False(Visit(TlsPair.ServerContext(First, options with { TicketKeys = [] }), client, memory));
        }
    }

    [Theory]
    [InlineData(48)]
    [InlineData(80)]
    public void Tickets_of_an_older_key_are_taken_and_replaced(int length)
    {
        var (older, newer) = (new byte[length], new byte[80]);
        Random.Shared.NextBytes(older);
        Random.Shared.NextBytes(newer);
        var options = new TlsServerOptions { SessionTickets = true };
        foreach (var tls13 in new[] { false, true })
        {
            using var memory = new TlsResumption();
            var client = Client(tls13);
            Assert.False(Visit(TlsPair.ServerContext(First, options with { TicketKeys = [older] }), client, memory));
            Assert.True(Visit(TlsPair.ServerContext(First, options with { TicketKeys = [newer, older] }), client, memory));

            // What the client holds now was sealed with the newer key.
            Assert.True(Visit(TlsPair.ServerContext(First, options with { TicketKeys = [newer] }), client, memory));
            Assert.False(Visit(TlsPair.ServerContext(First, options with { TicketKeys = [older] }), client, memory));
        }
    }

    [Fact]
    public void A_connection_that_just_vanished_can_be_taken_up_again()
    {
        var context = TlsPair.ServerContext(First);
        foreach (var tls13 in new[] { false, true })
        {
            using var memory = new TlsResumption();
            var client = Client(tls13);
            using (var pair = new TlsPair(context, client, null, memory).Established())
            {
                pair.Send(toClient: true, "x");
            }

            Assert.True(Visit(context, client, memory));
        }
    }

    [Fact]
    public void An_unknown_name_is_refused_also_when_it_resumes()
    {
        var context = TlsPair.ServerContext(
            new TlsServerNames(First.Load()).With("a.test", First.Load()), new TlsServerOptions { RejectUnknownNames = true });
        foreach (var tls13 in new[] { false, true })
        {
            using var memory = new TlsResumption();
            Assert.False(Visit(context, Client(tls13), memory));
            using var pair = new TlsPair(context, Client(tls13), "b.test", memory);
            Assert.Equal((TlsStatus.Failed, TlsStatus.Failed), pair.Handshake());
        }
    }

    [Fact]
    public void Resumption_across_threads_works_because_shards_share_the_context()
    {
        var context = TlsPair.ServerContext(First);
        var client = Client(tls13: true);
        var resumed = new bool[4];
        var threads = Enumerable.Range(0, resumed.Length).Select(shard => new Thread(() =>
        {
            using var memory = new TlsResumption();
            Visit(context, client, memory);
            resumed[shard] = Enumerable.Range(0, 50).All(_ => Visit(context, client, memory));
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.All(resumed, Assert.True);
    }

    private static TlsClientContext Client(bool tls13) => TlsPair.ClientContext(new TlsClientOptions { Tls12 = !tls13, Tls13 = tls13 });

    /// <summary>A whole connection; answers whether both sides took up an earlier session.</summary>
    private static bool Visit(TlsServerContext context, TlsClientContext client, TlsResumption memory)
    {
        using var pair = new TlsPair(context, client, "a.test", memory).Established();
        pair.Send(toClient: false, "request");
        pair.Send(toClient: true, "answer");
        Assert.Equal(pair.Server.Resumed, pair.Client.Resumed);
        Assert.Equal(TlsStatus.Done, pair.Server.Shutdown());
        return pair.Server.Resumed;
    }
}
