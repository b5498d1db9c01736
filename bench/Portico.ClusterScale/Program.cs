using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Portico.ClusterScale;
using Portico.TestKit.Backends;
using Portico.TestKit.Cluster;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;

// What a large cluster costs: CPU time and memory until the gateway is ready, then CPU time and delay of single changes.
// Arguments: Ingresses (each with a Service and five endpoints), changes. The limits are those of docs/architecture.md.
var count = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
var changes = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 200;

await using var server = await FakeApiServer.StartAsync();
await using var backend = new ScriptedBackend(Scripts.Body("hello"), "hello");
Console.WriteLine($"filling the API server with {count} Ingresses, {count} Services, {count * 5} endpoints");
server.Put(Objects.Class());
for (var i = 0; i < count; i++)
{
    server.Put(Objects.Service(i));
    server.Put(Objects.Slice(i, "10.1.0."));
    server.Put(Objects.Ingress(i));
}

await using var gateway = await PorticoProcess.StartAsync(new PorticoOptions
{
    KubeConfig = server.KubeConfig(),
    Arguments = ["--disable-leader-election", "--disable-sync-events", "--post-shutdown-grace-period=0"],
});
var ready = Cpu(gateway);
Console.WriteLine(Line($"ready: {ready.TotalSeconds:0.00} s of CPU (limit 10), {gateway.ResidentBytes / 1048576.0:0} MB resident (limit 300), {gateway.PeakResidentBytes / 1048576.0:0} MB at most"));

// An endpoint change touches no route, an Ingress only its host: both cost the same whatever the cluster holds.
var delays = new List<double>();
var before = Cpu(gateway);
for (var i = 0; i < changes; i++)
{
    var number = i % count;
    server.Put(Objects.Slice(number, backend.EndPoint.Address.ToString(), backend.Port));
    var began = Stopwatch.GetTimestamp();
    await Eventually.TrueAsync(async () => await StatusAsync(number) == 200, "the endpoint serves");
    delays.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
}

Report("endpoint changes");
for (var i = 0; i < changes; i++)
{
    server.Put(Objects.Ingress(count + i, service: 0));
    var (began, number) = (Stopwatch.GetTimestamp(), count + i);
    await Eventually.TrueAsync(async () => await StatusAsync(number) == 200, "the new host serves");
    delays.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
}

Report("new Ingresses");
return 0;

void Report(string what)
{
    delays.Sort();
    var spent = (Cpu(gateway) - before).TotalMilliseconds / changes;
    Console.WriteLine(Line($"{changes} {what}: {spent:0.0} ms of CPU each, answered after {delays[delays.Count / 2]:0} ms (median), {delays[delays.Count * 99 / 100]:0} ms (p99); {gateway.ResidentBytes / 1048576.0:0} MB resident"));
    delays.Clear();
    before = Cpu(gateway);
}

async Task<int> StatusAsync(int number)
{
    await using var client = await gateway.ConnectAsync();
    return (await client.ExchangeAsync($"GET / HTTP/1.1\r\nHost: {Objects.Host(number)}\r\nConnection: close\r\n\r\n")).Status;
}

static TimeSpan Cpu(PorticoProcess process)
{
    using var running = Process.GetProcessById(process.Id);
    return running.TotalProcessorTime;
}

static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
