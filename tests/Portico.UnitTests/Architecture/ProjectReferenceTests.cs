using System.Xml.Linq;
using Portico.UnitTests.Docs;
using Xunit;

namespace Portico.UnitTests.Architecture;

public class ProjectReferenceTests
{
    /// <summary>Which project may reference which: the rooms of docs/architecture.md. Nothing points the other way.</summary>
    private static readonly Dictionary<string, string[]> May = new()
    {
        ["Portico.Admin"] = ["Portico.Control", "Portico.Model"],
        ["Portico.Control"] = ["Portico.Ingress", "Portico.GatewayApi", "Portico.Proxy", "Portico.Kubernetes", "Portico.Model"],
        ["Portico.Ingress"] = ["Portico.Kubernetes", "Portico.Model"],
        ["Portico.GatewayApi"] = ["Portico.Kubernetes", "Portico.Model"],
        ["Portico.Services"] = ["Portico.Kubernetes", "Portico.Probes"],
        ["Portico.LoadBalancer"] = ["Portico.Kubernetes", "Portico.Probes"],
        ["Portico.Probes"] = [],
        ["Portico.Kubernetes"] = [],
        ["Portico.Proxy"] = ["Portico.Model", "Portico.Http"],
        ["Portico.Http"] = ["Portico.Net"],
        ["Portico.Net"] = [],
        ["Portico.Model"] = [],
    };

    private const string CompositionRoot = "Portico";

    public static TheoryData<string> Projects => [.. Repository.Files("*.csproj").Where(p => p.StartsWith("src/", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_the_table_allows(string project)
    {
        var name = Path.GetFileNameWithoutExtension(project);
        if (name == CompositionRoot)
        {
            return;
        }

        Assert.True(May.ContainsKey(name), $"{name} is not in the table");
        Assert.Empty(ReferencesOf(project).Except(May[name]));
    }

    [Fact]
    public void Every_room_of_the_table_that_exists_is_in_the_solution()
    {
        var solution = XDocument.Load(Path.Combine(Repository.Root, "Portico.slnx")).Descendants("Project").Select(p => p.Attribute("Path")!.Value);

        Assert.Empty(Repository.Files("*.csproj").Except(solution));
    }

    [Fact]
    public void The_table_has_no_circle()
    {
        foreach (var project in May.Keys)
        {
            Assert.DoesNotContain(project, Reachable(project, []));
        }
    }

    private static IEnumerable<string> ReferencesOf(string project) =>
        XDocument.Load(Path.Combine(Repository.Root, project)).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));

    private static HashSet<string> Reachable(string project, HashSet<string> seen)
    {
        foreach (var next in May[project].Where(seen.Add))
        {
            Reachable(next, seen);
        }

        return seen;
    }
}
