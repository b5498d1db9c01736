using System.Globalization;
using System.Security.Cryptography;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Upstream;

/// <summary>Large bodies: they arrive unharmed, the gateway's memory does not grow with them, and a slow reader slows the writer down.</summary>
[Collection(Alone.Name)]
public sealed class StreamingTests(StreamingTests.StreamingGateway gateway) : GatewayTest<StreamingTests.StreamingGateway>(gateway)
{
    private const int Piece = 64 * 1024;
    private const long Size = 100L * 1024 * 1024;
    private const long AllowedGrowth = 48L * 1024 * 1024;

    private static readonly byte[] Pattern = RandomNumberGenerator.GetBytes(Piece);

    [Fact]
    public async Task A_hundred_megabytes_come_back_unharmed_in_bounded_memory()
    {
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Length: {Size}\r\n\r\n"));
            for (long sent = 0; sent < Size; sent += Piece)
            {
                await connection.SendAsync(Pattern);
            }
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        var before = Gateway.Process.ResidentBytes;
        await client.SendAsync(site.Get());
        var (_, framing, length) = await client.ReadResponseHeadAsync();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await client.ReadBodyAsync(framing, length, Append(hash), TimeSpan.FromMinutes(2));
        Assert.Equal(ExpectedHash(), hash.GetHashAndReset());
        AssertMemory(before);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hundred_megabytes_reach_the_backend_unharmed_in_bounded_memory(bool chunked)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var backend = Backend(async connection =>
        {
            var request = await connection.ReadHeadAsync();
            await connection.ReadBodyAsync(request, Append(hash));
            await connection.SendAsync(Scripts.Ok("got it"));
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        var before = Gateway.Process.ResidentBytes;
        var framing = chunked ? "Transfer-Encoding: chunked" : string.Create(CultureInfo.InvariantCulture, $"Content-Length: {Size}");
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: {site.Host}\r\n{framing}\r\n\r\n");
        for (long sent = 0; sent < Size; sent += Piece)
        {
            await client.SendAsync(chunked ? [.. Text.Bytes(Piece.ToString("x", CultureInfo.InvariantCulture) + "\r\n"), .. Pattern, .. "\r\n"u8] : Pattern);
        }
        if (chunked)
        {
            await client.SendAsync("0\r\n\r\n");
        }
        Assert.Equal("got it", (await client.ReadResponseAsync(within: TimeSpan.FromMinutes(2))).Text);
        Assert.Equal(ExpectedHash(), hash.GetHashAndReset());
        Assert.Empty(backend.Violations);
        AssertMemory(before);
    }

    [Fact]
    public async Task A_client_that_does_not_read_stops_the_backend()
    {
        long sent = 0;
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Length: {Size}\r\n\r\n"));
            for (long total = 0; total < Size; total += Piece)
            {
                await connection.SendAsync(Pattern);
                Interlocked.Add(ref sent, Piece);
            }
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await Gateway.ConnectAsync(receiveBuffer: 64 * 1024);
        var before = Gateway.Process.ResidentBytes;
        await client.SendAsync(site.Get());
        var stopped = await Eventually.SettledAsync(() => Interlocked.Read(ref sent));
        Assert.InRange(stopped, 1, Size / 2);
        AssertMemory(before);

        var (_, framing, length) = await client.ReadResponseHeadAsync();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await client.ReadBodyAsync(framing, length, Append(hash), TimeSpan.FromMinutes(2));
        Assert.Equal(ExpectedHash(), hash.GetHashAndReset());
    }

    [Fact]
    public async Task A_backend_that_does_not_read_stops_the_client()
    {
        var goOn = new TaskCompletionSource();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var backend = Backend(async connection =>
        {
            var request = await connection.ReadHeadAsync();
            await goOn.Task.WaitAsync(connection.Stopping);
            await connection.ReadBodyAsync(request, Append(hash));
            await connection.SendAsync(Scripts.Ok("got it"));
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        var before = Gateway.Process.ResidentBytes;
        await client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"POST / HTTP/1.1\r\nHost: {site.Host}\r\nContent-Length: {Size}\r\n\r\n"));
        long sent = 0;
        var sending = SendAsync(client, () => Interlocked.Add(ref sent, Piece));
        var stopped = await Eventually.SettledAsync(() => Interlocked.Read(ref sent));
        Assert.InRange(stopped, 1, Size / 2);
        AssertMemory(before);
        goOn.SetResult();
        await sending.Within("the whole body is sent", TimeSpan.FromMinutes(2));
        Assert.Equal("got it", (await client.ReadResponseAsync(within: TimeSpan.FromMinutes(1))).Text);
        Assert.Equal(ExpectedHash(), hash.GetHashAndReset());
    }

    private static async Task SendAsync(RawClient client, Action sent)
    {
        for (long total = 0; total < Size; total += Piece)
        {
            await client.SendPatientlyAsync(Pattern);
            sent();
        }
    }

    private static Func<ReadOnlyMemory<byte>, Task> Append(IncrementalHash hash) => piece =>
    {
        hash.AppendData(piece.Span);
        return Task.CompletedTask;
    };

    private static byte[] ExpectedHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long total = 0; total < Size; total += Piece)
        {
            hash.AppendData(Pattern);
        }
        return hash.GetHashAndReset();
    }

    private void AssertMemory(long before) =>
        Assert.InRange(Gateway.Process.PeakResidentBytes, 0, before + AllowedGrowth);

    public sealed class StreamingGateway : Gateway
    {
        protected override IReadOnlyDictionary<string, string> ConfigMap => new Dictionary<string, string>
        {
            ["proxy-body-size"] = "0",
            ["proxy-request-buffering"] = "off",
        };
    }
}
