using Portico.TestKit.Processes;
using Xunit;

namespace Portico.BehaviourTests;

/// <summary>User-visible behaviour, told in data: every case of every file under <c>cases/</c> against the built program.</summary>
public sealed class BehaviourTests(Fixtures fixtures)
{
    private static readonly IReadOnlyDictionary<string, BehaviourCase> Cases = CaseFile.ReadAll();

    public static TheoryData<string> Names { get; } = [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Case(string name)
    {
        var behaviour = Cases[name];
        var files = behaviour.Files.ToDictionary(f => f.Key, f => fixtures.Fill(f.Value));
        files.Add("fixtures.yaml", fixtures.Manifests);
        await using var process = await PorticoProcess.StartAsync(new PorticoOptions
        {
            Arguments = behaviour.HasConfigMap ? ["--configmap", "default/portico", .. behaviour.Flags] : behaviour.Flags,
            WithIngressClass = behaviour.WithIngressClass,
            Files = files,
        });
        try
        {
            await new CaseRunner(process, fixtures).RunAsync(behaviour.Steps);
        }
        catch
        {
            TestContext.Current.TestOutputHelper?.WriteLine("The program's output:\n" + process.Output);
            throw;
        }
    }
}
