using System.Text;
using Portico.Net.Tls;
using Xunit;

namespace Portico.UnitTests.Tls;

public class TlsHandshakeTests
{
    // The group ffdhe2048 of RFC 7919.
    private const string DhParameters = """
        -----BEGIN DH PARAMETERS-----
        MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
        +8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
        87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
        YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
        7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
        ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
        -----END DH PARAMETERS-----
        """;

    private static readonly TestCertificate Default = TestCertificate.Ecdsa("default.test");
    private static readonly TestCertificate Shop = TestCertificate.Ecdsa("shop.test");
    private static readonly TestCertificate Wild = TestCertificate.Ecdsa("*.shop.test");

    [Theory]
    [InlineData(null, "default")]
    [InlineData("shop.test", "shop")]
    [InlineData("SHOP.test", "shop")]
    [InlineData("shop.test.", "shop")]
    [InlineData("www.shop.test", "wild")]
    [InlineData("a.b.shop.test", "default")]
    [InlineData("other.test", "default")]
    [InlineData("127.0.0.1", "default")]
    public void The_server_name_chooses_the_certificate(string? name, string expected)
    {
        foreach (var versions in new[] { Only12, Only13 })
        {
            using var pair = new TlsPair(TlsPair.ServerContext(Names()), TlsPair.ClientContext(versions), name).Established();
            var certificate = expected switch { "shop" => Shop, "wild" => Wild, _ => Default };
            Assert.Equal(certificate.Der, pair.ShownCertificate());
            Assert.Equal(name is null or "127.0.0.1" ? "" : name, Encoding.ASCII.GetString(pair.Server.ServerName));
        }
    }

    [Theory]
    [InlineData(true, true, true, true, "TLSv1.3")]
    [InlineData(true, true, true, false, "TLSv1.2")]
    [InlineData(true, false, true, true, "TLSv1.2")]
    [InlineData(false, true, true, true, "TLSv1.3")]
    [InlineData(false, true, true, false, null)]
    [InlineData(true, false, false, true, null)]
    public void The_highest_version_that_both_sides_allow_is_spoken(bool server12, bool server13, bool client12, bool client13, string? expected)
    {
        using var pair = new TlsPair(
            TlsPair.ServerContext(Default, new TlsServerOptions { Tls12 = server12, Tls13 = server13 }),
            TlsPair.ClientContext(new TlsClientOptions { Tls12 = client12, Tls13 = client13 }));
        if (expected is null)
        {
            Assert.Equal((TlsStatus.Failed, TlsStatus.Failed), pair.Handshake());
            Assert.Contains("protocol", pair.Server.LastError, StringComparison.Ordinal);
            return;
        }

        pair.Established();
        Assert.Equal(expected, pair.Server.ProtocolVersion);
        Assert.Equal(expected, pair.Client.ProtocolVersion);
        Assert.NotEqual(0, pair.Server.Cipher.Length);
        Assert.Null(pair.Server.LastError);
        pair.Send(toClient: true, "answer");
        pair.Send(toClient: false, "request");
    }

    [Fact]
    public void The_servers_order_of_ciphers_wins()
    {
        const string first = "ECDHE-ECDSA-AES256-GCM-SHA384";
        const string second = "ECDHE-ECDSA-AES128-GCM-SHA256";
        using var pair = new TlsPair(
            TlsPair.ServerContext(Default, new TlsServerOptions { Ciphers = $"{first}:{second}" }),
            TlsPair.ClientContext(Only12 with { Ciphers = $"{second}:{first}" }));
        Assert.Equal(first, Encoding.ASCII.GetString(pair.Established().Server.Cipher));
    }

    [Fact]
    public void Ciphers_with_plain_diffie_hellman_need_parameters()
    {
        const string cipher = "DHE-RSA-AES128-GCM-SHA256";
        var rsa = TestCertificate.Rsa("rsa.test");
        var options = new TlsServerOptions { Ciphers = cipher, Tls13 = false };
        using var without = new TlsPair(TlsPair.ServerContext(rsa, options), TlsPair.ClientContext());
        Assert.Equal((TlsStatus.Failed, TlsStatus.Failed), without.Handshake());
        using var with = new TlsPair(TlsPair.ServerContext(rsa, options with { DhParametersPem = Encoding.ASCII.GetBytes(DhParameters) }), TlsPair.ClientContext());
        Assert.Equal(cipher, Encoding.ASCII.GetString(with.Established().Server.Cipher));
    }

    [Fact]
    public void Rsa_and_ecdsa_names_live_on_one_listener()
    {
        var rsa = TestCertificate.Rsa("rsa.test");
        var context = TlsPair.ServerContext(Names().With("rsa.test", rsa.Load()));
        foreach (var versions in new[] { Only12, Only13 })
        {
            using var one = new TlsPair(context, TlsPair.ClientContext(versions), "rsa.test").Established();
            Assert.Equal(rsa.Der, one.ShownCertificate());
            using var two = new TlsPair(context, TlsPair.ClientContext(versions), "shop.test").Established();
            Assert.Equal(Shop.Der, two.ShownCertificate());
        }
    }

    [Fact]
    public void A_second_client_hello_is_answered_with_the_same_certificate()
    {
        // The client's first guess of a group is not the server's only one: TLS 1.3 starts over (HelloRetryRequest).
        using var pair = new TlsPair(TlsPair.ServerContext(Names(), new TlsServerOptions { Groups = "P-521" }), TlsPair.ClientContext(Only13), "shop.test");
        Assert.Equal(Shop.Der, pair.Established().ShownCertificate());
    }

    [Theory]
    [InlineData("h2,http/1.1", "http/1.1,h2", "h2")]
    [InlineData("http/1.1", "h2,http/1.1", "http/1.1")]
    [InlineData("http/1.1", "", "")]
    [InlineData("", "h2", "")]
    public void The_servers_most_wanted_common_protocol_is_chosen(string server, string client, string expected)
    {
        using var pair = new TlsPair(
            TlsPair.ServerContext(Default, new TlsServerOptions { ApplicationProtocols = [.. Split(server)] }),
            TlsPair.ClientContext(new TlsClientOptions { ApplicationProtocols = [.. Split(client)] })).Established();
        Assert.Equal(expected, Encoding.ASCII.GetString(pair.Server.ApplicationProtocol));
        Assert.Equal(expected, Encoding.ASCII.GetString(pair.Client.ApplicationProtocol));
    }

    [Fact]
    public void A_client_that_only_speaks_other_protocols_is_refused()
    {
        using var pair = new TlsPair(
            TlsPair.ServerContext(Default, new TlsServerOptions { ApplicationProtocols = ["http/1.1"] }),
            TlsPair.ClientContext(new TlsClientOptions { ApplicationProtocols = ["h2", "http/1"] }));
        Assert.Equal((TlsStatus.Failed, TlsStatus.Failed), pair.Handshake());
        Assert.Contains("application protocol", pair.Server.LastError, StringComparison.Ordinal);
        Assert.Contains("application protocol", pair.Client.LastError, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("shop.test", true)]
    [InlineData("www.shop.test", true)]
    [InlineData("known.test", true)]
    [InlineData("other.test", false)]
    [InlineData(null, false)]
    public void Unknown_names_can_be_refused(string? name, bool served)
    {
        var context = TlsPair.ServerContext(Names().With("known.test", null), new TlsServerOptions { RejectUnknownNames = true });
        using var pair = new TlsPair(context, TlsPair.ClientContext(), name);
        if (served)
        {
            pair.Established();
            return;
        }

        Assert.Equal((TlsStatus.Failed, TlsStatus.Failed), pair.Handshake());
        Assert.Equal("no certificate for the server name", pair.Server.LastError);
        Assert.Contains("unrecognized name", pair.Client.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public void A_published_table_counts_from_the_next_handshake_on()
    {
        var context = TlsPair.ServerContext(Names());
        var renewed = TestCertificate.Ecdsa("shop.test");
        using var before = new TlsPair(context, TlsPair.ClientContext(), "shop.test").Established();
        context.Publish(context.Names.With("shop.test", renewed.Load()));
        using var after = new TlsPair(context, TlsPair.ClientContext(), "shop.test").Established();
        Assert.Equal(Shop.Der, before.ShownCertificate());
        Assert.Equal(renewed.Der, after.ShownCertificate());
        before.Send(toClient: true, "the old connection goes on");
    }

    [Fact]
    public void A_swap_under_a_hundred_handshakes_harms_none_of_them()
    {
        var context = TlsPair.ServerContext(Names());
        var client = TlsPair.ClientContext();
        var pairs = Enumerable.Range(0, 100).Select(_ => new TlsPair(context, client, "shop.test")).ToList();
        for (var i = 0; i < pairs.Count; i++)
        {
            pairs[i].Client.Handshake();
            if (i % 2 == 0)
            {
                TlsPair.Await(pairs[i].ServerSocket, TlsStatus.WantRead);
                Assert.Equal(TlsStatus.WantRead, pairs[i].Server.Handshake());
            }
        }

        var renewed = TestCertificate.Ecdsa("shop.test");
        context.Publish(new TlsServerNames(Default.Load()).With("shop.test", renewed.Load()));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        for (var i = 0; i < pairs.Count; i++)
        {
            pairs[i].Established().Send(toClient: false, "still here");
            Assert.Equal((i % 2 == 0 ? Shop : renewed).Der, pairs[i].ShownCertificate());
            pairs[i].Dispose();
        }
    }

    [Fact]
    public void Swaps_and_handshakes_on_several_threads_do_not_meet()
    {
        var context = TlsPair.ServerContext(Names());
        var client = TlsPair.ClientContext();
        var done = false;
        var shards = Enumerable.Range(0, 3).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                using var pair = new TlsPair(context, client, "shop.test").Established();
                pair.Send(toClient: true, "x");
            }
        })).ToList();
        var writer = new Thread(() =>
        {
            for (var i = 0; !Volatile.Read(ref done); i++)
            {
                context.Publish(context.Names.With("shop.test", i % 3 == 0 ? Shop.Load() : TlsCertificate.Deferred(Shop.ChainPem, Shop.KeyPem)));
                if (i % 16 == 0)
                {
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                }
            }
        });
        shards.ForEach(shard => shard.Start());
        writer.Start();
        shards.ForEach(shard => shard.Join());
        done = true;
        writer.Join();
    }

    [Theory]
    [InlineData("NO-SUCH-CIPHER", "auto", true, "cipher list")]
    [InlineData(null, "no-such-curve", true, "groups list")]
    [InlineData(null, "auto", false, "no TLS version")]
    public void Options_that_openssl_refuses_are_answered_with_its_reason(string? ciphers, string groups, bool anyVersion, string expected)
    {
        var options = new TlsServerOptions { Ciphers = ciphers, Groups = groups, Tls12 = anyVersion, Tls13 = anyVersion };
        Assert.False(TlsServerContext.TryCreate(options, Names(), out var context, out var error));
        Assert.Null(context);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_settings_that_cannot_work_are_refused_too()
    {
        Assert.False(TlsServerContext.TryCreate(new TlsServerOptions { TicketKeys = [new byte[47]] }, Names(), out _, out var error));
        Assert.Contains("47 bytes", error, StringComparison.Ordinal);
        Assert.False(TlsServerContext.TryCreate(new TlsServerOptions { DhParametersPem = "garbage"u8.ToArray() }, Names(), out _, out error));
        Assert.Contains("parameters", error, StringComparison.Ordinal);
        Assert.False(TlsServerContext.TryCreate(new TlsServerOptions { ApplicationProtocols = [""] }, Names(), out _, out error));
        Assert.Contains("ALPN", error, StringComparison.Ordinal);
    }

    private static TlsClientOptions Only12 => new() { Tls13 = false };

    private static TlsClientOptions Only13 => new() { Tls12 = false };

    private static string[] Split(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static TlsServerNames Names() => new TlsServerNames(Default.Load()).With("shop.test", Shop.Load()).With("*.shop.test", Wild.Load());
}
