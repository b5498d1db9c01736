using Portico.TestKit.Http2;

namespace Portico.DataPlaneTests.Http2;

/// <summary>
/// Our own list of what a client must not do, at least what the field's conformance suite (h2spec) lists for RFC 9113 and RFC 7541.
/// </summary>
internal static partial class Violations
{
    private static Http2Bytes Bytes => new();

    public static IReadOnlyList<Violation> All =>
        [.. FrameSizes(), .. StreamNumbers(), .. States(), .. Paddings(), .. Windows(), .. Compression(), .. Fields(), .. Lengths()];

    private static Violation OfConnection(string section, string name, Http2Error error, Http2Bytes frames) => new(name, section, 0, error, frames);

    private static Violation OfStream(string section, string name, Http2Error error, Http2Bytes frames) => new(name, section, 1, error, frames);
}
