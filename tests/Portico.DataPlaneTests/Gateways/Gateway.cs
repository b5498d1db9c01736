using System.Globalization;
using System.Net;
using Portico.TestKit.Backends;
using Portico.TestKit.Manifests;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Gateways;

/// <summary>
/// One running program for all tests of a class. Each test exposes sites of its own on it, so that tests share the start
/// but no host name, no backend and no pooled connection.
/// </summary>
public class Gateway : IAsyncLifetime
{
    private static int s_sites;

    private readonly ScriptedBackend _probe = new(Scripts.Body("probe"), "probe");
    private PorticoProcess? _process;

    public PorticoProcess Process => _process ?? throw new InvalidOperationException("the gateway does not run");

    /// <summary>ConfigMap keys that this gateway runs with.</summary>
    protected virtual IReadOnlyDictionary<string, string> ConfigMap { get; } = new Dictionary<string, string>();

    protected virtual PorticoOptions Options => new() { ConfigMap = ConfigMap, Arguments = ["--enable-metrics"] };

    public async ValueTask InitializeAsync()
    {
        var options = Options;
        var files = new Dictionary<string, string>(options.Files) { ["probe.yaml"] = Manifest.Service("probe", 80, At(_probe)) };
        _process = await PorticoProcess.StartAsync(options with { Files = files });
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
        await _probe.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    public virtual Task<RawClient> ConnectAsync(IPAddress? from = null, int receiveBuffer = 0) => Process.ConnectAsync(from, receiveBuffer);

    /// <summary>A host of its own that leads to these backends; returns when the gateway serves it.</summary>
    public Task<Site> ExposeAsync(params ScriptedBackend[] backends) => ExposeAsync(new SiteOptions { Endpoints = [.. backends.Select(At)] });

    public async Task<Site> ExposeAsync(SiteOptions options)
    {
        var number = Interlocked.Increment(ref s_sites);
        var site = new Site(this, string.Create(CultureInfo.InvariantCulture, $"site{number}"), options);
        await site.PublishAsync(options.Endpoints);
        return site;
    }

    /// <summary>Waits until requests for the host reach the probe, which proves that the file with its rule is in force.</summary>
    internal async Task WaitUntilProbedAsync(string host)
    {
        // Several times in a row, on connections of their own: every thread of the program has the file then.
        const int enough = 4;
        var inARow = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                do
                {
                    await using var client = await ConnectAsync();
                    var response = await client.ExchangeAsync($"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
                    inARow = response.Status == 200 && response.Text == "probe" ? inARow + 1 : 0;
                }
                while (inARow is > 0 and < enough);
                return inARow == enough;
            },
            $"the gateway serves {host}");
    }

    internal static ServiceEndpoint At(ScriptedBackend backend) => new(backend.EndPoint.Address.ToString(), backend.Port);

    /// <summary>A port where connections are refused.</summary>
    internal static ServiceEndpoint Nobody => new("127.0.0.1", FreePorts.Next());
}

/// <summary>What a site looks like besides its endpoints.</summary>
public sealed record SiteOptions
{
    public IReadOnlyList<ServiceEndpoint> Endpoints { get; init; } = [];

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    public TestCertificate? Certificate { get; init; }

    /// <summary>What the Service's port says that it speaks.</summary>
    public string? AppProtocol { get; init; }
}
