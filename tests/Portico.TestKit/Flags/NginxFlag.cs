namespace Portico.TestKit.Flags;

/// <summary>A flag of ingress-nginx, as its documentation has it; the list stands in <c>ingress-nginx.txt</c> beside this file.</summary>
/// <param name="Default">Empty for none.</param>
/// <param name="Good">A value that makes sense.</param>
/// <param name="Bad">One that does not; null where any text does.</param>
public sealed record NginxFlag(string Name, string Default, string Good, string? Bad)
{
    public static IReadOnlyList<NginxFlag> All { get; } = [.. Lines().Select(Read)];

    public bool IsSwitch => Default is "true" or "false";

    private static IEnumerable<string> Lines()
    {
        using var text = new StreamReader(typeof(NginxFlag).Assembly.GetManifestResourceStream("ingress-nginx-flags.txt")!);
        while (text.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
            {
                yield return line;
            }
        }
    }

    private static NginxFlag Read(string line)
    {
        var fields = line.Split('|', StringSplitOptions.TrimEntries);
        return new NginxFlag(fields[0], fields[1], fields[2], fields[3] == "-" ? null : fields[3]);
    }
}
