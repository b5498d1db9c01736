using System.Globalization;
using Portico.ClusterScale;

// What a large cluster costs: CPU time and memory until the gateway is ready; then, in it and in one of a tenth of its size, what a
// single change costs and how soon it is in force; and how soon the webhook has reviewed an Ingress.
// Arguments: Ingresses (each with a Service and five endpoints), changes of each kind.
var count = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
var changes = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 200;
var small = await MeasureAsync(count / 10);
var large = await MeasureAsync(count);
foreach (var (kind, before) in small)
{
    var now = large[kind];
    Console.WriteLine(Line($"{kind}: {now.Median / before.Median:0.00} x the delay and {now.Cpu / before.Cpu:0.00} x the CPU at {count / 10} (limit 1.50)"));
}

return 0;

async Task<Dictionary<string, (double Median, double Cpu)>> MeasureAsync(int ingresses)
{
    Console.WriteLine($"{ingresses} Ingresses, {ingresses} Services, {ingresses * 5} endpoints");
    await using var cluster = await ScaledCluster.StartAsync(ingresses);
    Console.WriteLine(Line($"  ready: {cluster.Cpu.TotalSeconds:0.00} s of CPU (limit 10), {cluster.ResidentMegabytes:0} MB resident, {cluster.PeakMegabytes:0} MB at most (limit 300)"));
    var measured = new Dictionary<string, (double, double)>();
    foreach (var (kind, change) in ((string, Func<int, Task<double>>)[])
        [("endpoint change", cluster.ChangeEndpointAsync), ("new Ingress", cluster.AddIngressAsync), ("Secret change", cluster.ChangeSecretAsync)])
    {
        // The first ones pay for compiling the program's own code.
        await DelaysAsync(change, 0, changes / 4);
        var before = cluster.Cpu;
        var delays = await DelaysAsync(change, changes, changes);
        var cpu = (cluster.Cpu - before).TotalMilliseconds / changes;
        measured[kind] = (Of(delays, 50), cpu);
        Console.WriteLine(Line($"  {kind}: in force after {Of(delays, 50):0.0} ms (median), {Of(delays, 99):0.0} ms (p99); {cpu:0.0} ms of CPU, {cluster.ResidentMegabytes:0} MB resident"));
    }

    var reviews = await cluster.ReviewAsync(changes);
    Console.WriteLine(Line($"  review of an Ingress: {Of(reviews, 50):0.00} ms (median), {Of(reviews, 99):0.00} ms (p99, limit 10)"));
    return measured;
}

static async Task<double[]> DelaysAsync(Func<int, Task<double>> change, int first, int times)
{
    var delays = new double[times];
    for (var i = 0; i < times; i++)
    {
        delays[i] = await change(first + i);
    }

    return delays;
}

static double Of(double[] values, int percent) => values.Order().ElementAt(values.Length * percent / 100);

static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
