namespace Portico.DataPlaneTests.Smuggling;

/// <summary>All suspects, by the part of the message that is doubtful.</summary>
public static partial class Suspects
{
    public static IReadOnlyDictionary<string, Suspect> ByName { get; } =
        new[] { Lengths, Codings, Chunks, Fields, Hosts, RequestLines }.SelectMany(group => group.AsEnumerable()).ToDictionary(s => s.Name);
}
