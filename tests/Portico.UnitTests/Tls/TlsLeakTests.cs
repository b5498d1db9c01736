using System.Globalization;
using Portico.Net.Tls;
using Portico.Net.Tls.Native;
using Xunit;

namespace Portico.UnitTests.Tls;

/// <summary>Counts native objects of the whole process, so nothing else may run beside it.</summary>
[CollectionDefinition(nameof(TlsLeakTests), DisableParallelization = true)]
public class AloneInTheProcess;

[Collection(nameof(TlsLeakTests))]
public class TlsLeakTests
{
    private static readonly TestCertificate Certificate = TestCertificate.Ecdsa("a.test");

    [Fact]
    public void Two_thousand_handshakes_leave_nothing_behind()
    {
        Run(200);
        Collect();
        var contexts = SslContextHandle.Live;
        var certificates = CertificateMaterial.Live;
        var before = ResidentBytes();
        Run(2000);
        Collect();
        Assert.True(SslContextHandle.Live <= contexts + 8, $"{SslContextHandle.Live} contexts, before {contexts}");
        Assert.True(CertificateMaterial.Live <= certificates + 60, $"{CertificateMaterial.Live} certificates, before {certificates}");
        Assert.True(ResidentBytes() - before < 40_000_000, $"{before} bytes grew to {ResidentBytes()}");

        static void Run(int count)
        {
            var server = TlsPair.ServerContext(Certificate, new TlsServerOptions { SessionCacheSize = 100 });
            var client = TlsPair.ClientContext();
            for (var i = 0; i < count; i++)
            {
                if (i % 10 == 0)
                {
                    server.Publish(new TlsServerNames(Certificate.Load()));
                }

                using var pair = new TlsPair(server, client).Established();
                pair.Send(toClient: true, "x");
            }
        }

        static void Collect()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        static long ResidentBytes() =>
            long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }
}
