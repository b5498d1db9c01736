namespace Portico.Proxy.Observing.Metrics;

/// <summary>The labels of build_info.</summary>
/// <param name="Release">The version.</param>
/// <param name="Build">The revision that was built.</param>
/// <param name="Repository">Where the source lives.</param>
public sealed record BuildInfo(string Release, string Build, string Repository);
