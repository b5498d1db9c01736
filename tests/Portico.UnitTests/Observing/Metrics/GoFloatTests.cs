using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Portico.Proxy.Observing.Metrics;
using Xunit;

namespace Portico.UnitTests.Observing.Metrics;

public class GoFloatTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "1")]
    [InlineData(10, "10")]
    [InlineData(100, "100")]
    [InlineData(1000, "1000")]
    [InlineData(100000, "100000")]
    [InlineData(1000000, "1e+06")]
    [InlineData(1e7, "1e+07")]
    [InlineData(123456, "123456")]
    [InlineData(1234567, "1.234567e+06")]
    [InlineData(1234567.5, "1.2345675e+06")]
    [InlineData(0.005, "0.005")]
    [InlineData(0.025, "0.025")]
    [InlineData(2.5, "2.5")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(0.000015, "1.5e-05")]
    [InlineData(-0.5, "-0.5")]
    [InlineData(-1500000, "-1.5e+06")]
    [InlineData(1e100, "1e+100")]
    [InlineData(1.7976931348623157e308, "1.7976931348623157e+308")]
    [InlineData(5e-324, "5e-324")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(double.NaN, "NaN")]
    public void Numbers_look_as_in_Go(double value, string text) => Assert.Equal(text, GoFloat.Format(value));

    [Fact]
    public void Every_finite_number_can_be_read_back() => Prop.ForAll<double>(value =>
        !double.IsFinite(value) || double.Parse(GoFloat.Format(value), CultureInfo.InvariantCulture) == value).QuickCheckThrowOnFailure();
}
