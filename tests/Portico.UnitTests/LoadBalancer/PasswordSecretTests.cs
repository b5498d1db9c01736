using System.Text;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Bgp;
using Xunit;

namespace Portico.UnitTests.LoadBalancer;

/// <summary>The password of a peer that is a Secret: what it has to be, and what happens when it changes or goes.</summary>
public class PasswordSecretTests
{
    private const string Ns = "metallb-system";
    private const string BasicAuth = "kubernetes.io/basic-auth";

    private static readonly Node Self = new() { Metadata = new ObjectMeta { Name = "n1" } };

    private readonly ResourceCache _cluster = new();
    private readonly List<string> _log = [];
    private readonly BgpObjects _objects;
    private Secret? _secret;

    public PasswordSecretTests()
    {
        _objects = new BgpObjects(_log.Add);
        _cluster.Apply([new ResourceChange(null, new BGPPeer
        {
            Metadata = new ObjectMeta { Name = "r1", Namespace = Ns }, MyASN = 64512, PeerASN = 64513, PeerAddress = "10.0.0.2", PasswordSecret = "hidden",
        })]);
    }

    [Theory]
    [InlineData("Opaque", "password", "p", "has the type Opaque instead of kubernetes.io/basic-auth")]
    [InlineData(BasicAuth, "username", "p", "has no entry password")]
    [InlineData(BasicAuth, "password", "two words", "password: must be at most 80 printable characters without blanks")]
    [InlineData(BasicAuth, "password", "line\nrouter bgp 1", "password: must be at most 80 printable characters without blanks")]
    public void A_Secret_of_another_kind_leaves_the_peer_out_and_says_why(string type, string entry, string value, string cause)
    {
        Put(type, entry, value);

        Assert.Equal("", Password());
        Assert.Contains(cause, Assert.Single(_log), StringComparison.Ordinal);
        Assert.DoesNotContain("router bgp 1", _log[0], StringComparison.Ordinal);
        Assert.Single(_objects.Problems);
    }

    [Fact]
    public void A_Secret_that_comes_later_brings_the_peer_and_another_password_another_setting()
    {
        Assert.Equal("", Password());
        Assert.StartsWith("BGPPeer r1: passwordSecret: there is no Secret hidden; it is left out", Assert.Single(_log), StringComparison.Ordinal);

        Put(BasicAuth, "password", "one");
        Assert.Equal("one", Password());
        Assert.Empty(_objects.Problems);
        Put(BasicAuth, "password", "two");
        Assert.Equal("two", Password());
    }

    [Fact]
    public void A_Secret_that_goes_or_becomes_wrong_takes_no_session_down()
    {
        Put(BasicAuth, "password", "one");
        Assert.Equal("one", Password());

        Put("Opaque", "password", "two");
        Assert.Equal("one", Password());
        _cluster.Apply([new ResourceChange(_secret, null)]);
        Assert.Equal("one", Password());
        Assert.EndsWith("its last good version stays in force", Assert.Single(_objects.Problems), StringComparison.Ordinal);
        Assert.Equal(2, _log.Count);
        Assert.DoesNotContain(_log, line => line.Contains("two", StringComparison.Ordinal));
    }

    private void Put(string type, string entry, string value)
    {
        var secret = new Secret
        {
            Metadata = new ObjectMeta { Name = "hidden", Namespace = Ns }, Type = type, Data = new Dictionary<string, byte[]> { [entry] = Encoding.UTF8.GetBytes(value) },
        };
        _cluster.Apply([new ResourceChange(_secret, secret)]);
        _secret = secret;
    }

    /// <summary>That of the one peer; empty when there is none.</summary>
    private string Password()
    {
        _objects.Read(_cluster, Self);
        return _objects.Peers.SelectMany(p => p.Settings).FirstOrDefault(s => s.StartsWith("password ", StringComparison.Ordinal))?["password ".Length..] ?? "";
    }
}
