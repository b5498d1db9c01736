using System.Diagnostics;
using System.Net;
using Portico.TestKit.Backends;
using Portico.TestKit.Manifests;
using Portico.TestKit.Wire;

namespace Portico.DataPlaneTests.Tls;

/// <summary>Programs of other people: openssl as a client that asks for OCSP answers and as the authority that makes them, and curl.</summary>
internal static class Peers
{
    /// <summary>What <c>s_client -status</c> prints about a handshake for this name.</summary>
    public static Task<string> AskStatusAsync(IPEndPoint gateway, string name, string version = "") =>
        RunAsync("s_client", "-connect", gateway.ToString(), "-servername", name, "-status", version);

    /// <summary>An HTTP responder whose answers openssl makes from an authority's list of revoked certificates.</summary>
    public static BackendScript Responder(TestCertificate authority, params TestCertificate[] revoked) => async connection =>
    {
        var request = await connection.ReadRequestAsync();
        var folder = Directory.CreateTempSubdirectory("portico-ocsp-").FullName;
        try
        {
            string In(string name) => Path.Combine(folder, name);
            await File.WriteAllTextAsync(In("ca.pem"), authority.CertificatePem);
            await File.WriteAllTextAsync(In("ca.key"), authority.KeyPem);
            await File.WriteAllBytesAsync(In("request"), request.Body);
            await File.WriteAllTextAsync(In("index"), string.Concat(revoked.Select(c => $"R\t491231000000Z\t240101000000Z\t{c.SerialNumber}\tunknown\t/CN=revoked\n")));
            var good = revoked.Length == 0;
            if (good)
            {
                await File.WriteAllTextAsync(In("index"), $"V\t491231000000Z\t\t{SerialIn(await RunAsync("ocsp", "-reqin", In("request"), "-req_text", "-noverify"))}\tunknown\t/CN=good\n");
            }

            await RunAsync(
                "ocsp", "-index", In("index"), "-CA", In("ca.pem"), "-rsigner", In("ca.pem"), "-rkey", In("ca.key"), "-reqin", In("request"), "-respout", In("answer"), "-ndays", "1");
            var answer = await File.ReadAllBytesAsync(In("answer"));
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: {answer.Length}\r\n\r\n");
            await connection.SendAsync(answer);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    };

    /// <summary>What curl prints of an answer over HTTP/2, shown with this certificate: body, version and status, with bars between.</summary>
    public static async Task<string> CurlAsync(IPEndPoint gateway, string host, TestCertificate? certificate)
    {
        var folder = Directory.CreateTempSubdirectory("portico-curl-").FullName;
        try
        {
            var (chain, key) = (Path.Combine(folder, "chain"), Path.Combine(folder, "key"));
            await File.WriteAllTextAsync(chain, certificate?.CertificatePem);
            await File.WriteAllTextAsync(key, certificate?.KeyPem);
            string[] shown = certificate is null ? [] : ["--cert", chain, "--key", key];
            return await RunProgramAsync(
                "curl", ["-sk", "--http2", "--resolve", $"{host}:{gateway.Port}:{gateway.Address}", "-w", "|%{http_version}|%{http_code}", .. shown, $"https://{host}:{gateway.Port}/"]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string SerialIn(string requestText) =>
        requestText.Split('\n').Select(line => line.Trim()).First(line => line.StartsWith("Serial Number:", StringComparison.Ordinal))["Serial Number:".Length..].Trim();

    private static Task<string> RunAsync(params string[] arguments) => RunProgramAsync("openssl", arguments);

    private static async Task<string> RunProgramAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments.Where(a => a.Length > 0))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().Within($"the end of {program} {arguments[0]}");
        return await output + await errors;
    }
}
