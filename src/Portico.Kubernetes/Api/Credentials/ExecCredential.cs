using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Portico.Kubernetes.Reading;

namespace Portico.Kubernetes.Api.Credentials;

/// <summary>
/// Credentials that a program gives (client.authentication.k8s.io/v1 and v1beta1): run when they are first needed, when they have
/// expired, and after a 401. One run at a time; everybody waits for it.
/// </summary>
internal sealed class ExecCredential(ExecPlugin plugin, TimeProvider? clock = null) : Credential
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private Task<Answer>? _running;
    private volatile Answer? _answer;

    private sealed record Answer(AuthenticationHeaderValue? Header, X509Certificate2? Certificate, DateTimeOffset? Expires);

    public override X509Certificate2? Certificate => _answer?.Certificate;

    public override async ValueTask<AuthenticationHeaderValue?> GetAsync(CancellationToken cancellation)
    {
        if (Current is { } current)
        {
            return current.Header;
        }

        Task<Answer> running;
        lock (_gate)
        {
            // One may have ended between the look above and the lock.
            if (Current is { } fresh)
            {
                return fresh.Header;
            }

            running = _running ??= Task.Run(RunOnceAsync, CancellationToken.None);
        }

        return (await running.WaitAsync(cancellation).ConfigureAwait(false)).Header;
    }

    public override bool Refused()
    {
        _answer = null;
        return true;
    }

    private Answer? Current => _answer is { } answer && (answer.Expires is not { } expires || expires > _clock.GetUtcNow()) ? answer : null;

    private async Task<Answer> RunOnceAsync()
    {
        try
        {
            var answer = await RunAsync().ConfigureAwait(false);
            _answer = answer;
            return answer;
        }
        finally
        {
            lock (_gate)
            {
                _running = null;
            }
        }
    }

    private async Task<Answer> RunAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        using var process = new Process { StartInfo = StartInfo() };
        try
        {
            process.Start();
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            if (process.ExitCode != 0)
            {
                throw new IOException($"{plugin.Place}: {plugin.Command} ended with {process.ExitCode}: {FirstLine(await errors.ConfigureAwait(false))}");
            }

            return Parse(Encoding.UTF8.GetBytes(await output.ConfigureAwait(false)));
        }
        catch (Win32Exception error)
        {
            var hint = plugin.InstallHint.Length > 0 ? $"; {FirstLine(plugin.InstallHint)}" : "";
            throw new IOException($"{plugin.Place}: {plugin.Command} cannot be started: {error.Message}{hint}", error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new IOException($"{plugin.Place}: {plugin.Command} gave no answer within {Limit.TotalSeconds} s");
        }
    }

    private ProcessStartInfo StartInfo()
    {
        var start = new ProcessStartInfo(plugin.Command, plugin.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in plugin.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["KUBERNETES_EXEC_INFO"] = Question();
        return start;
    }

    private string Question()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion", plugin.ApiVersion);
            json.WriteString("kind", "ExecCredential");
            json.WriteStartObject("spec");
            json.WriteBoolean("interactive", false);
            if (plugin.ClusterServer is { } server)
            {
                json.WriteStartObject("cluster");
                json.WriteString("server", server.AbsoluteUri);
                if (plugin.ClusterAuthorities is { } authorities)
                {
                    json.WriteBase64String("certificate-authority-data", Encoding.ASCII.GetBytes(authorities.Current.ExportCertificatePems()));
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private Answer Parse(byte[] utf8)
    {
        try
        {
            var reader = new FieldReader(utf8);
            var (version, answer) = ReadAnswer(ref reader);
            if (reader.Expected is { } expected)
            {
                throw new IOException($"{plugin.Place}: the answer of {plugin.Command} is no ExecCredential: expected {expected} at byte {reader.FailedAt}");
            }

            if (version != plugin.ApiVersion)
            {
                throw new IOException($"{plugin.Place}: {plugin.Command} answered with {version}, asked was {plugin.ApiVersion}");
            }

            return answer.Header is not null || answer.Certificate is not null
                ? answer
                : throw new IOException($"{plugin.Place}: {plugin.Command} gave neither a token nor a certificate");
        }
        catch (Exception error) when (error is JsonException or CryptographicException or ArgumentException)
        {
            throw new IOException($"{plugin.Place}: the answer of {plugin.Command} is no ExecCredential: {error.Message}", error);
        }
    }

    private static (string Version, Answer Answer) ReadAnswer(ref FieldReader r)
    {
        string version = "", token = "", certificate = "", key = "";
        DateTimeOffset? expires = null;
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                if (field == "apiVersion")
                {
                    version = r.String();
                }
                else if (field == "status" && r.StartObject())
                {
                    while (r.NextField(out var status))
                    {
                        switch (status)
                        {
                            case "token": token = r.String(); break;
                            case "clientCertificateData": certificate = r.String(); break;
                            case "clientKeyData": key = r.String(); break;
                            case "expirationTimestamp": expires = r.Timestamp(); break;
                            default: r.Skip(); break;
                        }
                    }
                }
                else
                {
                    r.Skip();
                }
            }
        }

        return (version, new Answer(
            token.Length > 0 ? new AuthenticationHeaderValue("Bearer", token) : null,
            certificate.Length > 0 && key.Length > 0 ? X509Certificate2.CreateFromPem(certificate, key) : null,
            expires));
    }

    private static string FirstLine(string text) => text.Trim().Split('\n')[0];
}
