using System.Diagnostics;
using System.Globalization;
using Portico.Fuzz;

const string Usage = "usage: portico-fuzz TARGET [--seconds N] [--seed N] [--input FILE]";

var target = FuzzTarget.All.FirstOrDefault(t => args.Length > 0 && t.Name == args[0]);
if (target is null || args.Length % 2 == 0)
{
    Console.Error.WriteLine($"{Usage}\ntargets: {string.Join(", ", FuzzTarget.All.Select(t => t.Name))}");
    return 2;
}

var seconds = 30;
var seed = Environment.TickCount;
IReadOnlyList<byte[]>? only = null;
for (var i = 1; i < args.Length; i += 2)
{
    switch (args[i])
    {
        case "--seconds" when int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out seconds):
        case "--seed" when int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out seed):
            break;
        case "--input" when File.Exists(args[i + 1]):
            only = [File.ReadAllBytes(args[i + 1])];
            break;
        default:
            Console.Error.WriteLine($"{Usage}\ncannot use {args[i]} {args[i + 1]}");
            return 2;
    }
}

var started = Stopwatch.GetTimestamp();
var run = new FuzzRun(target, only ?? FuzzRun.SeedsOf(target), seed);
var finding = run.Run(r => only is not null || ((r.Executions & 0xFF) == 0 && Stopwatch.GetElapsedTime(started).TotalSeconds >= seconds));
var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"{target.Name}: {run.Executions} executions in {elapsed:F1} s ({run.Executions / elapsed:F0}/s), {run.Outcomes} outcomes, seed {seed}"));
if (finding is null)
{
    return 0;
}

var file = Path.GetFullPath($"fuzz-{target.Name}-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(finding.Input))[..12]}");
File.WriteAllBytes(file, finding.Input);
Console.WriteLine($"FINDING: {finding.Problem}\ninput: {Convert.ToHexStringLower(finding.Input)}\nfile: {file}");
return 1;
