using Portico.Cli;
using Xunit;

namespace Portico.UnitTests.Cli;

public sealed class LoadBalancerFlagsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portico-key-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("--port", "65536")]
    [InlineData("--port", "-1")]
    [InlineData("--port", "web")]
    [InlineData("--ml-bindport", "99999")]
    [InlineData("--host", "nowhere")]
    [InlineData("--kubeconfig", "/nowhere/config")]
    [InlineData("--pool-configmap", "name")]
    [InlineData("--frobnicate")]
    public async Task A_flag_that_cannot_be_used_ends_the_program(params string[] flags)
    {
        string[] source = flags[0] == "--kubeconfig" ? [] : ["--manifests", _folder];
        Assert.Equal(ExitCode.Usage, await CommandLine.RunAsync(["loadbalancer", .. source, .. flags]));
    }

    [Fact]
    public void A_port_of_the_node_program_is_one_as_well() =>
        Assert.NotEmpty(CommandLine.Root((_, _) => Task.FromResult(0)).Parse(["node", "--healthz-port", "70000"]).Errors);

    [Fact]
    public void The_key_is_a_file_or_the_folder_that_MetalLB_has_mounted()
    {
        File.WriteAllText(Path.Combine(_folder, "secretkey"), "hidden\n");

        Assert.Equal("hidden", KeyOf(_folder));
        Assert.Equal("hidden", KeyOf(Path.Combine(_folder, "secretkey")));
        Assert.Throws<FormatException>(() => KeyOf(Path.Combine(_folder, "other")));
        File.WriteAllText(Path.Combine(_folder, "secretkey"), "\n");
        Assert.Throws<FormatException>(() => KeyOf(_folder));
    }

    private static string? KeyOf(string path) => LoadBalancerFlags.KeyOf(CommandLine.Root((_, _) => Task.FromResult(0)).Parse(["loadbalancer", "--ml-secret-key-path", path]));
}
