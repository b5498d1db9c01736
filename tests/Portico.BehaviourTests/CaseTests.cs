using Portico.TestKit.Processes;
using Xunit;

namespace Portico.BehaviourTests;

/// <summary>
/// User-visible behaviour, told in data: every case of every file under <c>cases/</c> against the built program. Each case
/// starts a program of its own, which costs half a second: two halves of the cases run side by side.
/// </summary>
public abstract class CaseTests(Fixtures fixtures)
{
    private static readonly IReadOnlyDictionary<string, BehaviourCase> Cases = CaseFile.ReadAll();

    protected static TheoryData<string> Half(int which) => [.. Cases.Keys.Where((_, i) => i % 2 == which)];

    protected async Task RunAsync(string name)
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

public sealed class FirstHalf(Fixtures fixtures) : CaseTests(fixtures)
{
    public static TheoryData<string> Names { get; } = Half(0);

    [Theory]
    [MemberData(nameof(Names))]
    public Task Case(string name) => RunAsync(name);
}

public sealed class SecondHalf(Fixtures fixtures) : CaseTests(fixtures)
{
    public static TheoryData<string> Names { get; } = Half(1);

    [Theory]
    [MemberData(nameof(Names))]
    public Task Case(string name) => RunAsync(name);
}
