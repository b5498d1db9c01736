using Portico.Ingress;
using Portico.Model.Policies;
using Xunit;

namespace Portico.UnitTests.ExternalAuth;

public class AuthCacheDurationsTests
{
    [Fact]
    public void Statuses_come_before_their_time()
    {
        Assert.True(AuthCacheDurations.TryParse("200 202 401 5m, 403 30s", out var durations));
        Assert.Equal<AuthCacheDuration>(
            [new(200, TimeSpan.FromMinutes(5)), new(202, TimeSpan.FromMinutes(5)), new(401, TimeSpan.FromMinutes(5)), new(403, TimeSpan.FromSeconds(30))],
            durations);
    }

    [Fact]
    public void A_time_alone_holds_for_200_301_and_302()
    {
        Assert.True(AuthCacheDurations.TryParse("1h", out var durations));
        Assert.Equal([200, 301, 302], durations.Select(d => d.Status));
        Assert.All(durations, d => Assert.Equal(TimeSpan.FromHours(1), d.Time));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" , ")]
    public void A_list_of_nothing_is_the_usual_one(string text)
    {
        Assert.True(AuthCacheDurations.TryParse(text, out var durations));
        Assert.Equal([200, 202, 401], durations.Select(d => d.Status));
    }

    [Fact]
    public void Empty_parts_are_skipped()
    {
        Assert.True(AuthCacheDurations.TryParse("200 5m,, 401 1m,", out var durations));
        Assert.Equal([200, 401], durations.Select(d => d.Status));
    }

    [Theory]
    [InlineData("200")]
    [InlineData("200 202")]
    [InlineData("200 5m 10m")]
    [InlineData("20 5m")]
    [InlineData("2000 5m")]
    [InlineData("200 5x")]
    [InlineData("any 5m")]
    public void Anything_else_is_none(string text) => Assert.False(AuthCacheDurations.TryParse(text, out _));
}
