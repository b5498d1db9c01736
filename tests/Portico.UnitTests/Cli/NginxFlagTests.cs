using Portico.Flags;
using Portico.TestKit.Flags;
using Xunit;

namespace Portico.UnitTests.Cli;

/// <summary>Every flag of ingress-nginx, in every form in which a manifest may write it.</summary>
public sealed class NginxFlagTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portico-flags-").FullName;

    public static TheoryData<string> Names => [.. NginxFlag.All.Select(flag => flag.Name)];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_value_that_makes_sense_is_accepted_in_each_form(string name)
    {
        var flag = Find(name);
        string[][] forms = flag.IsSwitch
            ? [[$"--{name}"], [$"--{name}=true"], [$"--{name}=false"], [$"--{name}={flag.Good}"], [$"-{name}"]]
            : [[$"--{name}={flag.Good}"], [$"--{name}", flag.Good], [$"-{name}={flag.Good}"], [$"--{name}={flag.Good}", $"--{name}={flag.Good}"]];
        foreach (var form in forms)
        {
            Assert.Empty(Parse(form).Errors);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_value_that_makes_none_is_refused_with_the_flag_and_what_is_expected(string name)
    {
        if (Find(name).Bad is not { } bad)
        {
            return;
        }

        // Where the cluster is may be missing by that; it is told behind.
        var error = Parse($"--{name}={bad}").Errors[0];
        Assert.StartsWith($"--{name}={bad}: expected ", error, StringComparison.Ordinal);
        if (!Find(name).IsSwitch && bad.Length > 0)
        {
            Assert.Equal(error, Parse($"--{name}", bad).Errors[0]);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_default_is_that_of_ingress_nginx(string name)
    {
        var declared = ServeFlags.All.Single(flag => flag.Name == name);
        if (declared.Effect != FlagEffect.Implemented)
        {
            // Without effect; what matters is that the default can be given.
            Assert.True(Find(name).Default.Length == 0 || declared.TryRead(Find(name).Default, null, out _));
            return;
        }

        var expected = Find(name).Default == "false" ? "" : Find(name).Default;
        Assert.Equal(expected, declared.DefaultText is null ? declared.DefaultInHelp : "");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_empty_value_means_what_it_means_in_Go(string name)
    {
        // Templates leave values empty. Of a text that is the default; of everything else it is an error.
        var flag = Find(name);
        var isText = flag.Default.Length == 0 || flag.Bad is null;
        Assert.Equal(isText, Parse($"--{name}=").Errors.IsEmpty);
    }

    [Fact]
    public void All_of_them_together_are_accepted_and_those_without_effect_say_so()
    {
        string[] alone = ["version", "kubeconfig", "apiserver-host", "watch-namespace", "publish-status-address"];
        var parsed = Parse([.. NginxFlag.All.Where(flag => !alone.Contains(flag.Name)).Select(flag => $"--{flag.Name}={flag.Good}")]);

        Assert.Empty(parsed.Errors);
        var silent = ServeFlags.All.Where(flag => flag.Effect != FlagEffect.Implemented && NginxFlag.All.Any(other => other.Name == flag.Name));
        Assert.All(silent, flag => Assert.Contains(parsed.Warnings, warning => warning.StartsWith($"--{flag.Name} has no effect", StringComparison.Ordinal)));
    }

    private static NginxFlag Find(string name) => NginxFlag.All.Single(flag => flag.Name == name);

    /// <summary>With what the one flag may need beside it.</summary>
    private ServeCommandLine Parse(params string[] arguments)
    {
        var text = string.Join(' ', arguments);
        var cluster = text.Contains("-kubeconfig", StringComparison.Ordinal) || text.Contains("-apiserver-host", StringComparison.Ordinal);
        string[] beside =
        [
            .. cluster && !text.EndsWith('=') ? Array.Empty<string>() : ["--manifests", _folder],
            .. text.Contains("-validating-webhook", StringComparison.Ordinal) && arguments.Length < 10 ? (string[])["--validating-webhook-certificate=a", "--validating-webhook-key=b"] : [],
        ];
        return ServeCommandLine.Parse([.. beside, .. arguments], static _ => null);
    }
}
