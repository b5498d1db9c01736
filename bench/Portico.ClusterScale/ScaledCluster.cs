using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Portico.TestKit.Backends;
using Portico.TestKit.Cluster;
using Portico.TestKit.Manifests;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;

namespace Portico.ClusterScale;

/// <summary>An API server with so many Ingresses, each with a Service and five endpoints, and a gateway that follows it.</summary>
internal sealed class ScaledCluster : IAsyncDisposable
{
    /// <summary>A new answer is looked for this often: what is measured is that much too long at most.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(1);

    /// <summary>Below keep-alive-requests.</summary>
    private const int RequestsPerConnection = 500;

    private readonly FakeApiServer _server;
    private readonly ScriptedBackend _backend;
    private readonly PorticoProcess _gateway;
    private readonly Uri _webhook;
    private readonly int _count;

    private ScaledCluster(FakeApiServer server, ScriptedBackend backend, PorticoProcess gateway, Uri webhook, int count) =>
        (_server, _backend, _gateway, _webhook, _count) = (server, backend, gateway, webhook, count);

    public TimeSpan Cpu
    {
        get
        {
            using var running = Process.GetProcessById(_gateway.Id);
            return running.TotalProcessorTime;
        }
    }

    public double ResidentMegabytes => _gateway.ResidentBytes / 1048576.0;

    public double PeakMegabytes => _gateway.PeakResidentBytes / 1048576.0;

    public static async Task<ScaledCluster> StartAsync(int count)
    {
        var server = await FakeApiServer.StartAsync();
        server.Put(Objects.Class());
        for (var i = 0; i < count; i++)
        {
            server.Put(Objects.Service(i));
            server.Put(Objects.Slice(i, Text($"10.{1 + (i / 250)}.{i % 250}.")));
            server.Put(Objects.Ingress(i));
        }

        var backend = new ScriptedBackend(Scripts.Body("hello"), "hello");
        server.Put(Objects.Service(count));
        server.Put(Objects.Slice(count, backend.EndPoint.Address.ToString(), backend.Port));
        server.Put(Objects.Passwords("nobody"));
        server.Put(Objects.Guarded(count, count));
        var folder = Directory.CreateTempSubdirectory("portico-scale-").FullName;
        var certificate = TestCertificate.For("localhost");
        await File.WriteAllTextAsync(Path.Combine(folder, "tls.crt"), certificate.CertificatePem);
        await File.WriteAllTextAsync(Path.Combine(folder, "tls.key"), certificate.KeyPem);
        var webhook = FreePorts.Next();
        var gateway = await PorticoProcess.StartAsync(new PorticoOptions
        {
            KubeConfig = server.KubeConfig(),
            Arguments =
            [
                "--disable-leader-election", "--disable-sync-events", "--post-shutdown-grace-period=0", Text($"--validating-webhook=127.0.0.1:{webhook}"),
                $"--validating-webhook-certificate={folder}/tls.crt", $"--validating-webhook-key={folder}/tls.key",
            ],
        });
        return new ScaledCluster(server, backend, gateway, new Uri(Text($"https://127.0.0.1:{webhook}/networking/v1/ingresses")), count);
    }

    /// <summary>From the write to the API server until the endpoint answers.</summary>
    public async Task<double> ChangeEndpointAsync(int number)
    {
        _server.Put(Objects.Slice(number % _count, _backend.EndPoint.Address.ToString(), _backend.Port));
        return await AnsweredAsync(Objects.Host(number % _count), "");
    }

    /// <summary>From the write until a new host answers.</summary>
    public async Task<double> AddIngressAsync(int number)
    {
        _server.Put(Objects.Ingress(_count + 1 + number, service: _count));
        return await AnsweredAsync(Objects.Host(_count + 1 + number), "");
    }

    /// <summary>From the write of a Secret until the new password is taken.</summary>
    public async Task<double> ChangeSecretAsync(int number)
    {
        var user = Text($"user-{number}");
        _server.Put(Objects.Passwords(user));
        return await AnsweredAsync(Objects.Host(_count), $"Authorization: Basic {Convert.ToBase64String(Encoding.ASCII.GetBytes(user + ":secret"))}\r\n");
    }

    /// <summary>What the API server waits for when somebody applies an Ingress.</summary>
    public async Task<double[]> ReviewAsync(int times)
    {
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = static (_, _, _, _) => true };
        using var http = new HttpClient(handler);
        var delays = new double[times];
        for (var i = -20; i < times; i++)
        {
            using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(Objects.Review(_count + 2_000_000 + i).ToJsonString()));
            content.Headers.ContentType = new("application/json");
            var began = Stopwatch.GetTimestamp();
            using var response = await http.PostAsync(_webhook, content);
            var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
            if (i >= 0)
            {
                delays[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            }

            if (response.StatusCode != HttpStatusCode.OK || !answer["response"]!["allowed"]!.GetValue<bool>())
            {
                throw new InvalidOperationException($"the webhook answered {answer}");
            }
        }

        return delays;
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _backend.DisposeAsync();
        await _server.DisposeAsync();
    }

    private async Task<double> AnsweredAsync(string host, string headers)
    {
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(60))
        {
            await using var client = await _gateway.ConnectAsync();
            for (var i = 0; i < RequestsPerConnection; i++)
            {
                if ((await client.ExchangeAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n")).Status == 200)
                {
                    return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
                }

                await Task.Delay(Look);
            }
        }

        throw new TimeoutException($"{host} never answered as it should");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
