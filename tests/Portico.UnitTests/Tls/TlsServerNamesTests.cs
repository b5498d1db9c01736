using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Portico.Net.Tls;
using Xunit;

namespace Portico.UnitTests.Tls;

public class TlsServerNamesTests
{
    private static readonly TlsCertificate Default = Some();
    private static readonly TlsCertificate Exact = Some();
    private static readonly TlsCertificate Wildcard = Some();

    [Theory]
    [InlineData("shop.test", "exact")]
    [InlineData("SHOP.Test", "exact")]
    [InlineData("shop.test.", "exact")]
    [InlineData("shop.test..", "default")]
    [InlineData("a.shop.test", "wildcard")]
    [InlineData("A.SHOP.TEST.", "wildcard")]
    [InlineData("x.y.shop.test", "default")]
    [InlineData("*.shop.test", "wildcard")]
    [InlineData("known.shop.test", "exact")]
    [InlineData("other.test", "default")]
    [InlineData("test", "default")]
    [InlineData("", "default")]
    [InlineData(".", "default")]
    [InlineData(".shop.test", "default")]
    public void A_name_gets_the_exact_then_the_wildcard_then_the_default_certificate(string name, string expected)
    {
        var names = new TlsServerNames(Default).With("shop.test", Exact).With("*.Shop.Test", Wildcard).With("known.shop.test", Exact);
        var known = names.TryFind(Encoding.UTF8.GetBytes(name), out var found);
        Assert.Equal(expected, found == Exact ? "exact" : found == Wildcard ? "wildcard" : "default");
        Assert.Equal(expected != "default", known);
    }

    [Fact]
    public void A_name_without_a_usable_certificate_is_known_and_gets_the_default()
    {
        var names = new TlsServerNames(Default).With("shop.test", null);
        Assert.True(names.TryFind("shop.test"u8, out var found));
        Assert.Same(Default, found);
        Assert.True(names.WithDefault(Exact).TryFind("shop.test"u8, out found));
        Assert.Same(Exact, found);
    }

    [Fact]
    public void Bytes_that_are_no_name_are_unknown()
    {
        var names = new TlsServerNames(Default).With("shop.test", Exact);
        Assert.False(names.TryFind(new byte[5000], out _));
        Assert.False(names.TryFind([0xFF, 0xFE, (byte)'.', 0x80], out var found));
        Assert.Same(Default, found);
    }

    [Fact]
    public void Changes_leave_the_table_they_start_from_alone()
    {
        var first = new TlsServerNames(Default).With("a.test", Exact);
        var second = first.With("a.test", Wildcard).With("b.test", Exact).Without("a.test").Without("none.test");
        Assert.Equal(1, first.Count);
        Assert.Equal(1, second.Count);
        Assert.True(first.TryFind("a.test"u8, out var found));
        Assert.Same(Exact, found);
        Assert.False(second.TryFind("a.test"u8, out _));
    }

    [Fact]
    public void Of_equal_names_the_last_counts()
    {
        var names = TlsServerNames.Create(Default, [new("a.test", Exact), new("A.test", Wildcard)]);
        Assert.Equal(1, names.Count);
        Assert.True(names.TryFind("a.test"u8, out var found));
        Assert.Same(Wildcard, found);
    }

    [Fact]
    public void A_table_built_whole_equals_one_built_step_by_step() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), steps =>
        {
            var expected = new Dictionary<string, TlsCertificate?>();
            var names = new TlsServerNames(Default);
            foreach (var step in steps)
            {
                var name = $"host-{step % 16}.test";
                var remove = step > 200;
                names = remove ? names.Without(name) : names.With(name, Exact);
                _ = remove ? expected.Remove(name) : expected.TryAdd(name, Exact);
            }

            var whole = TlsServerNames.Create(Default, expected);
            return names.Count == expected.Count && whole.Count == expected.Count && Enumerable.Range(0, 16).All(i =>
            {
                var name = $"host-{i}.test";
                return names.TryFind(Encoding.ASCII.GetBytes(name), out _) == expected.ContainsKey(name)
                    && whole.TryFind(Encoding.ASCII.GetBytes(name), out _) == expected.ContainsKey(name);
            });
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Looking_up_allocates_nothing()
    {
        var names = TlsServerNames.Create(Default, Enumerable.Range(0, 10_000).Select(i => KeyValuePair.Create<string, TlsCertificate?>($"host-{i}.test", Exact)));
        names.TryFind("Host-77.test"u8, out _);
        Assert.Equal(0, Allocated.AtLeast(() =>
        {
            names.TryFind("Host-77.test."u8, out _);
            names.TryFind("a.b.test"u8, out _);
        }));
    }

    private static TlsCertificate Some() => TlsCertificate.Deferred(default, default);
}
