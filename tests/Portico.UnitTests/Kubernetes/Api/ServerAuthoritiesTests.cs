using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Api.Configuration;
using Portico.TestKit.Cluster;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.UnitTests.Kubernetes.Api;

/// <summary>Whose signature on the API server's certificate is believed.</summary>
public sealed class ServerAuthoritiesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portico-authorities-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_root_and_an_intermediate_alone_are_believed_and_a_stranger_is_not()
    {
        var root = Pair.Authority("root", null);
        var between = Pair.Authority("between", root);
        var leaf = Pair.Server(between);

        Assert.Null(await ProblemAsync(leaf, between.Pem));
        Assert.Null(await ProblemAsync(Pair.Server(root), root.Pem));
        Assert.Null(await ProblemAsync(leaf, root.Pem + "\n" + between.Pem));
        Assert.Contains("not believed", await ProblemAsync(leaf, Pair.Authority("stranger", null).Pem), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_only_says_it_was_signed_by_the_authority_is_not_believed()
    {
        var root = Pair.Authority("root", null);
        var between = Pair.Authority("between", root);
        var impostor = Pair.Authority("between", Pair.Authority("root", null));

        Assert.Contains("not believed", await ProblemAsync(Pair.Server(impostor), between.Pem), StringComparison.Ordinal);
        Assert.Contains("not believed", await ProblemAsync(Pair.Server(impostor), root.Pem), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_for_another_name_or_past_its_end_is_not_believed()
    {
        var between = Pair.Authority("between", Pair.Authority("root", null));

        Assert.Contains("another name", await ProblemAsync(Pair.Server(between, IPAddress.Parse("127.0.0.9")), between.Pem), StringComparison.Ordinal);
        Assert.Contains("not believed", await ProblemAsync(Pair.Server(between, lasts: TimeSpan.FromSeconds(-30)), between.Pem), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_gets_another_authority_is_read_again()
    {
        var (before, after) = (Pair.Authority("before", null), Pair.Authority("after", null));
        var file = Path.Combine(_folder, "ca.crt");
        await File.WriteAllTextAsync(file, before.Pem, TestContext.Current.CancellationToken);
        await using var server = await FakeApiServer.StartAsync(new FakeApiServerOptions { Certificate = Pair.Server(after).Certificate });
        using var client = new ApiClient(ApiConnections.Find(new ApiConnectionOptions
        {
            ApiServerHost = server.Address.AbsoluteUri,
            CertificateAuthority = file,
            ServiceAccountFolder = _folder,
        }));

        await Assert.ThrowsAsync<IOException>(() => client.GetAsync("version", TestContext.Current.CancellationToken));
        await File.WriteAllTextAsync(file, after.Pem, TestContext.Current.CancellationToken);
        Assert.NotEmpty(await client.GetAsync("version", TestContext.Current.CancellationToken));
        File.Delete(file);
        server.CutAll();
        await Eventually.TrueAsync(() => AnswersAsync(client), "without the file the last authority is believed by new connections");
    }

    /// <summary>A connection that was cut may be noticed only by its next request.</summary>
    private static async Task<bool> AnswersAsync(ApiClient client)
    {
        try
        {
            return (await client.GetAsync("version", TestContext.Current.CancellationToken)).Length > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Null when the server is believed.</summary>
    private async Task<string?> ProblemAsync(Pair leaf, string bundle)
    {
        var file = Path.Combine(_folder, Guid.NewGuid().ToString("N"));
        await File.WriteAllTextAsync(file, bundle, TestContext.Current.CancellationToken);
        await using var server = await FakeApiServer.StartAsync(new FakeApiServerOptions { Certificate = leaf.Certificate });
        using var client = new ApiClient(ApiConnections.Find(new ApiConnectionOptions
        {
            ApiServerHost = server.Address.AbsoluteUri,
            CertificateAuthority = file,
            ServiceAccountFolder = _folder,
        }));
        try
        {
            await client.GetAsync("version", TestContext.Current.CancellationToken);
            return null;
        }
        catch (IOException error)
        {
            return error.Message;
        }
    }

    private sealed record Pair(X509Certificate2 Certificate, ECDsa Key)
    {
        public string Pem => Certificate.ExportCertificatePem();

        public static Pair Authority(string name, Pair? signer)
        {
            var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
            return new Pair(Sign(request, signer, key, TimeSpan.FromDays(1)), key);
        }

        public static Pair Server(Pair signer, IPAddress? address = null, TimeSpan? lasts = null)
        {
            var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=api", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(address ?? IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
            return new Pair(Sign(request, signer, key, lasts ?? TimeSpan.FromHours(1)).CopyWithPrivateKey(key), key);
        }

        private static X509Certificate2 Sign(CertificateRequest request, Pair? signer, ECDsa key, TimeSpan lasts)
        {
            var (from, until) = (DateTimeOffset.UtcNow.AddMinutes(-2), DateTimeOffset.UtcNow + lasts);
            var generator = X509SignatureGenerator.CreateForECDsa(signer?.Key ?? key);
            var issuer = signer?.Certificate.SubjectName ?? request.SubjectName;
            return request.Create(issuer, generator, from, until, RandomNumberGenerator.GetBytes(8));
        }
    }
}
