using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Proxy.Answers;
using Portico.Proxy.Policies;
using Portico.UnitTests.Requests;
using Xunit;

namespace Portico.UnitTests.Policies;

public class SourceRangeFilterTests
{
    [Theory]
    [InlineData("", "10.0.0.0/8", "10.1.1.1", true)]
    [InlineData("", "10.0.0.0/8", "11.1.1.1", false)]
    [InlineData("", "10.0.0.0/8", "::1", false)]
    [InlineData("10.1.0.0/16", "", "10.1.1.1", false)]
    [InlineData("10.1.0.0/16", "", "10.2.1.1", true)]
    [InlineData("10.1.0.0/16", "10.0.0.0/8", "10.2.1.1", true)]
    // A denied network stays denied even where an allow entry is more specific.
    [InlineData("10.1.0.0/16", "10.1.1.1", "10.1.1.1", false)]
    [InlineData("", "2001:db8::/32,10.0.0.0/8", "2001:db8::7", true)]
    public void Deny_comes_before_allow_and_an_allow_list_ends_with_deny_all(string deny, string allow, string client, bool admitted)
    {
        var filter = SourceRangeFilter.Compile(new SourceRangePolicy(Ranges(deny), Ranges(allow)), Set(""))!;
        Assert.Equal(admitted, filter.Admits(TestRequest.Address(client)));
        Assert.Equal(AnswerReason.SourceDenied, filter.Refusal.Reason);
        Assert.Equal(403, filter.Refusal.Status);
    }

    [Fact]
    public void Blocked_clients_are_refused_where_the_route_has_no_lists()
    {
        var filter = SourceRangeFilter.Compile(null, Set("127.0.0.3"))!;
        Assert.False(filter.Admits(TestRequest.Address("127.0.0.3")));
        Assert.True(filter.Admits(TestRequest.Address("127.0.0.4")));
        Assert.Equal(AnswerReason.ClientBlocked, filter.Refusal.Reason);
    }

    [Fact]
    public void Lists_of_the_route_hide_blocked_clients()
    {
        var filter = SourceRangeFilter.Compile(new SourceRangePolicy(Ranges("127.0.0.4"), []), Set("127.0.0.3"))!;
        Assert.True(filter.Admits(TestRequest.Address("127.0.0.3")));
        Assert.False(filter.Admits(TestRequest.Address("127.0.0.4")));
    }

    [Fact]
    public void Empty_lists_are_no_lists()
    {
        Assert.Null(SourceRangeFilter.Compile(new SourceRangePolicy([], []), Set("")));
        Assert.NotNull(SourceRangeFilter.Compile(new SourceRangePolicy([], []), Set("127.0.0.3")));
        Assert.Null(SourceRangeFilter.Compile(null, Set("")));
    }

    [Fact]
    public void A_set_contains_what_one_of_its_ranges_contains() => Prop.ForAll(
        RangeLists(),
        Gen.Choose(0, 0xFF).ToArbitrary(),
        (ranges, low) =>
        {
            var client = new ClientAddress((uint)(0x0A000000 | low), false);
            return AddressRangeSet.From(ranges).Contains(in client) == ranges.Any(r => r.Contains(in client));
        }).QuickCheckThrowOnFailure();

    /// <summary>Ranges inside 10.0.0.0/24, so that they touch, nest and repeat.</summary>
    private static Arbitrary<ImmutableArray<AddressRange>> RangeLists()
    {
        var range =
            from address in Gen.Choose(0, 255)
            from length in Gen.Choose(24, 32)
            select AddressRange.Parse($"10.0.0.{address}/{length}");
        return range.ListOf().Select(list => list.ToImmutableArray()).ToArbitrary();
    }

    private static ImmutableArray<AddressRange> Ranges(string list) =>
        [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(r => AddressRange.Parse(r))];

    private static AddressRangeSet Set(string list) => AddressRangeSet.From(Ranges(list));
}
