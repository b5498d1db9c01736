using Portico.TestKit.Http2;

namespace Portico.DataPlaneTests.Http2;

/// <summary>Frames that break a rule, sent behind a proper beginning, and what the RFC demands then.</summary>
/// <param name="Name">What the client does.</param>
/// <param name="Section">Where it is forbidden: of RFC 9113 where no other is named.</param>
/// <param name="Stream">The stream that is reset; 0 when the connection ends with GOAWAY.</param>
/// <param name="Error">The code that is told.</param>
/// <param name="Frames">What is sent.</param>
public sealed record Violation(string Name, string Section, int Stream, Http2Error Error, Http2Bytes Frames)
{
    public override string ToString() => $"{Section}: {Name}";
}
