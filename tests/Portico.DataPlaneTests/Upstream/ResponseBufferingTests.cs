using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Upstream;

/// <summary>
/// Responses that are read ahead of slow clients (<c>proxy-buffering: on</c>): the backend is done however slow the client is, the client gets
/// every byte in order, and nothing is left on disk.
/// </summary>
[Collection(Alone.Name)]
public sealed class ResponseBufferingTests(ResponseBufferingTests.BufferingGateway gateway) : GatewayTest<ResponseBufferingTests.BufferingGateway>(gateway)
{
    /// <summary>More than the sockets between a backend and a client hold.</summary>
    private const int Size = 24 * 1024 * 1024;

    private const int Piece = 64 * 1024;

    private static readonly byte[] Body = RandomNumberGenerator.GetBytes(Size);

    public static TheoryData<string> Framings { get; } = new("Content-Length", "chunked", "close");

    [Theory]
    [MemberData(nameof(Framings))]
    public async Task The_backend_is_done_before_the_client_has_taken_a_byte(string framing)
    {
        var sent = new TaskCompletionSource();
        var site = await ExposeAsync(Sending(framing, _ => { }, sent), ("proxy-buffering", "on"));
        await using var client = await SlowClientAsync();
        await client.SendAsync(site.Get());
        await sent.Task.Within("the backend has sent everything");
        Assert.True(Gateway.SpoolIsOpen());

        var response = await client.ReadResponseAsync(within: TimeSpan.FromMinutes(2));
        Assert.Equal(SHA256.HashData(Body), SHA256.HashData(response.Body));
        await Eventually.TrueAsync(() => !Gateway.SpoolIsOpen(), "the file is closed");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Gateway.Folder));
    }

    [Fact]
    public async Task The_backend_s_connection_serves_others_while_the_client_is_slow()
    {
        var asked = new TaskCompletionSource();
        var backend = Backend(async connection =>
        {
            var request = await connection.ReadRequestAsync();
            if (request.Target == "/large")
            {
                asked.TrySetResult();
                await SendAsync(connection, "Content-Length", _ => { });
            }
            else
            {
                await connection.SendAsync(Scripts.Ok("small"));
            }
        });
        var site = await ExposeAsync(backend, ("proxy-buffering", "on"));
        await using var client = await SlowClientAsync();
        await client.SendAsync(site.Get("/large"));
        await asked.Task.Within("the backend is asked");
        await Eventually.TrueAsync(
            async () =>
            {
                await using var other = await ConnectAsync();
                Assert.Equal("small", (await other.ExchangeAsync(site.Get("/small"))).Text);
                return backend.Requests.Any(r => r is { Target: "/small", Connection: 1 });
            },
            "the connection of the large answer serves again");
        Assert.Equal(SHA256.HashData(Body), SHA256.HashData((await client.ReadResponseAsync(within: TimeSpan.FromMinutes(2))).Body));
    }

    public static TheoryData<string, string, string> Unbuffered { get; } = new()
    {
        { "the default", "", "" },
        { "switched off", "off", "" },
        { "the backend's word", "on", "X-Accel-Buffering: no\r\n" },
        { "an event stream", "on", "Content-Type: text/event-stream; charset=utf-8\r\n" },
    };

    [Theory]
    [MemberData(nameof(Unbuffered))]
    public async Task A_response_that_is_not_read_ahead_waits_for_its_client(string reason, string setting, string headers)
    {
        long sent = 0;
        var site = await ExposeAsync(
            Sending("Content-Length", count => Interlocked.Add(ref sent, count), new TaskCompletionSource(), headers),
            setting.Length == 0 ? [] : [("proxy-buffering", setting)]);
        await using var client = await SlowClientAsync();
        await client.SendAsync(site.Get());
        Assert.True(await Eventually.SettledAsync(() => Interlocked.Read(ref sent)) < Size, reason);

        Assert.Equal(SHA256.HashData(Body), SHA256.HashData((await client.ReadResponseAsync(within: TimeSpan.FromMinutes(2))).Body));
    }

    [Fact]
    public async Task A_backend_may_ask_for_it()
    {
        var sent = new TaskCompletionSource();
        var site = await ExposeAsync(Sending("chunked", _ => { }, sent, "X-Accel-Buffering: yes\r\n"));
        await using var client = await SlowClientAsync();
        await client.SendAsync(site.Get());
        await sent.Task.Within("the backend has sent everything");
        var response = await client.ReadResponseAsync(within: TimeSpan.FromMinutes(2));
        Assert.Equal(SHA256.HashData(Body), SHA256.HashData(response.Body));
        Assert.False(response.Head.Has("X-Accel-Buffering"));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1m")]
    public async Task Beyond_memory_and_file_the_backend_waits(string file)
    {
        long sent = 0;
        var site = await ExposeAsync(
            Sending("Content-Length", count => Interlocked.Add(ref sent, count), new TaskCompletionSource()), ("proxy-buffering", "on"), ("proxy-max-temp-file-size", file));
        await using var client = await SlowClientAsync();
        await client.SendAsync(site.Get());
        Assert.True(await Eventually.SettledAsync(() => Interlocked.Read(ref sent)) < Size);

        Assert.Equal(SHA256.HashData(Body), SHA256.HashData((await client.ReadResponseAsync(within: TimeSpan.FromMinutes(2))).Body));
        await Eventually.TrueAsync(() => !Gateway.SpoolIsOpen(), "the file is closed");
    }

    [Fact]
    public async Task What_a_client_takes_goes_out_as_it_comes()
    {
        using var goOn = new SemaphoreSlim(0);
        var site = await ExposeAsync(
            async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n");
                for (var i = 0; i < 4; i++)
                {
                    await goOn.WaitAsync(connection.Stopping);
                    await connection.SendAsync("abc");
                }
            },
            ("proxy-buffering", "on"));
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Get());
        await client.ReadResponseHeadAsync();
        for (var i = 0; i < 4; i++)
        {
            goOn.Release();
            Assert.Equal("abc"u8.ToArray(), await client.ReadBytesAsync(3));
        }
    }

    [Fact]
    public async Task A_backend_that_breaks_gives_the_client_a_beginning_and_no_end()
    {
        var site = await ExposeAsync(
            async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Length: {Size}\r\n\r\n"));
                await connection.SendAsync(Body.AsMemory(0, Size / 2));
                connection.Close();
            },
            ("proxy-buffering", "on"));
        await using var client = await SlowClientAsync();
        await client.SendAsync(site.Get());
        var (_, framing, length) = await client.ReadResponseHeadAsync();
        var came = new MemoryStream();
        // The reset that tells the client overtakes what the kernel still holds for it.
        await Assert.ThrowsAnyAsync<IOException>(() => client.ReadBodyAsync(framing, length, piece => came.WriteAsync(piece).AsTask(), TimeSpan.FromMinutes(2)));
        Assert.InRange(came.Length, 1, Size / 2);
        Assert.True(Body.AsSpan(0, (int)came.Length).SequenceEqual(came.ToArray()));
        await Eventually.TrueAsync(() => !Gateway.SpoolIsOpen(), "the file is closed");
    }

    [Fact]
    public async Task A_client_that_vanishes_frees_backend_and_disk()
    {
        var sent = new TaskCompletionSource();
        var site = await ExposeAsync(Sending("Content-Length", _ => { }, sent), ("proxy-buffering", "on"));
        await using (var client = await SlowClientAsync())
        {
            await client.SendAsync(site.Get());
            await sent.Task.Within("the backend has sent everything");
        }

        await Eventually.TrueAsync(() => !Gateway.SpoolIsOpen(), "the file is closed");
    }

    [Fact]
    public async Task A_compressed_response_is_read_ahead_as_well()
    {
        var sent = new TaskCompletionSource();
        var site = await ExposeAsync(Sending("chunked", _ => { }, sent, "Content-Type: application/json\r\n"), ("proxy-buffering", "on"));
        await using var client = await SlowClientAsync();
        await client.SendAsync(site.Get("/", "Accept-Encoding: gzip"));
        await sent.Task.Within("the backend has sent everything");
        var response = await client.ReadResponseAsync(within: TimeSpan.FromMinutes(2));
        Assert.Equal("gzip", response.Head["Content-Encoding"]);
        using var plain = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(response.Body), CompressionMode.Decompress))
        {
            gzip.CopyTo(plain);
        }

        Assert.Equal(SHA256.HashData(Body), SHA256.HashData(plain.ToArray()));
    }

    [Fact]
    public async Task Many_slow_clients_at_once_each_get_their_own()
    {
        var site = await ExposeAsync(
            async connection =>
            {
                var request = await connection.ReadRequestAsync();
                var start = int.Parse(request.Target[1..], CultureInfo.InvariantCulture) * 1000;
                await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n");
                await connection.SendAsync(Body.AsMemory(start, 2_000_000));
            },
            ("proxy-buffering", "on"));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            await using var client = await SlowClientAsync();
            for (var round = 0; round < 3; round++)
            {
                await client.SendAsync(site.Get(string.Create(CultureInfo.InvariantCulture, $"/{i}")));
                var response = await client.ReadResponseAsync(within: TimeSpan.FromMinutes(2));
                Assert.True(Body.AsSpan(i * 1000, 2_000_000).SequenceEqual(response.Body));
            }
        }));
        await Eventually.TrueAsync(() => !Gateway.SpoolIsOpen(), "the files are closed");
    }

    private Task<RawClient> SlowClientAsync() => Gateway.ConnectAsync(receiveBuffer: 64 * 1024);

    private static BackendScript Sending(string framing, Action<int> sent, TaskCompletionSource done, string headers = "") => async connection =>
    {
        await connection.ReadRequestAsync();
        await SendAsync(connection, framing, sent, headers);
        done.TrySetResult();
    };

    private static async Task SendAsync(BackendConnection connection, string framing, Action<int> sent, string headers = "")
    {
        var line = framing switch
        {
            "chunked" => "Transfer-Encoding: chunked",
            "close" => "Connection: close",
            _ => string.Create(CultureInfo.InvariantCulture, $"Content-Length: {Size}"),
        };
        await connection.SendAsync($"HTTP/1.1 200 OK\r\n{headers}{line}\r\n\r\n");
        for (var at = 0; at < Size; at += Piece)
        {
            var piece = Body.AsMemory(at, Piece);
            await connection.SendAsync(framing == "chunked" ? (byte[])[.. Text.Bytes(Piece.ToString("x", CultureInfo.InvariantCulture) + "\r\n"), .. piece.Span, .. "\r\n"u8] : piece);
            sent(Piece);
        }

        if (framing == "chunked")
        {
            await connection.SendAsync("0\r\n\r\n");
        }
        else if (framing == "close")
        {
            connection.Close();
        }
    }

    private Task<Site> ExposeAsync(BackendScript script, params (string Name, string Value)[] options) => ExposeAsync(Backend(script), options);

    private Task<Site> ExposeAsync(ScriptedBackend backend, params (string Name, string Value)[] options) => Gateway.ExposeAsync(new SiteOptions
    {
        Endpoints = [Gateways.Gateway.At(backend)],
        Annotations = options.ToDictionary(o => "nginx.ingress.kubernetes.io/" + o.Name, o => o.Value),
    });

    public sealed class BufferingGateway : Gateway
    {
        public string Folder { get; } = Directory.CreateTempSubdirectory("portico-spool-").FullName;

        protected override PorticoOptions Options => new()
        {
            ConfigMap = new Dictionary<string, string> { ["use-gzip"] = "true" },
            Arguments = ["--temp-dir", Folder, "--temp-dir-megabytes", "200"],
        };

        /// <summary>Whether the program holds a file without a name in the folder.</summary>
        public bool SpoolIsOpen() =>
            Directory.EnumerateFileSystemEntries($"/proc/{Process.Id}/fd").Any(fd => new FileInfo(fd).LinkTarget?.StartsWith(Folder, StringComparison.Ordinal) == true);
    }
}
