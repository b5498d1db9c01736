using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Portico.Kubernetes.Api;

namespace Portico.Kubernetes.Webhook;

/// <summary>
/// A certificate for the webhook that nobody has to make: authority and certificate are kept in a Secret that all replicas share, and
/// the authority is written into the webhook configuration. Whoever finds the Secret missing or about to expire makes a new one; of
/// two who do so at once one loses and takes the other's. One task on the thread pool; <see cref="Current"/> is read from anywhere.
/// </summary>
public sealed class SelfSignedWebhook(ApiClient client, SelfSignedWebhookOptions options, Action<string> log, TimeProvider? clock = null)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    private const int ConflictTries = 5;

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private volatile SslStreamCertificateContext? _current;
    private string _certificate = "";
    private string _lastProblem = "";

    /// <summary>Null until the Secret was read or made.</summary>
    public SslStreamCertificateContext? Current => _current;

    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            var pause = LookInterval;
            try
            {
                await TurnAsync(cancellation).ConfigureAwait(false);
                _lastProblem = "";
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception error) when (error is ApiException or IOException or CryptographicException or FormatException or ArgumentException)
            {
                pause = RetryInterval;
                Report(error);
            }

            await Task.Delay(pause, _clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One look at the Secret and at the configuration, each put right where it is not.</summary>
    internal async Task TurnAsync(CancellationToken cancellation)
    {
        var path = ResourceType.Secrets.Object(options.Namespace, options.Name);
        var secret = await FindAsync(path, cancellation).ConfigureAwait(false);
        if (secret is null || !IsUsable(secret))
        {
            await MakeAsync(path, secret, cancellation).ConfigureAwait(false);
            secret = await FindAsync(path, cancellation).ConfigureAwait(false) ?? throw new IOException($"the Secret {options.Namespace}/{options.Name} has gone");
        }

        var certificate = Data(secret, "tls.crt");
        if (certificate != _certificate)
        {
            _current = WebhookCertificateFiles.Context(certificate, Data(secret, "tls.key"));
            _certificate = certificate;
        }

        await PatchConfigurationAsync(Data(secret, "ca.crt"), ConflictTries, cancellation).ConfigureAwait(false);
    }

    private bool IsUsable(JsonObject secret)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(Data(secret, "tls.crt"), Data(secret, "tls.key"));
            return Data(secret, "ca.crt").Length > 0 && certificate.NotAfter.ToUniversalTime() - RenewBefore > _clock.GetUtcNow().UtcDateTime
                && certificate.MatchesHostname($"{options.Name}.{options.Namespace}.svc");
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException or FormatException)
        {
            return false;
        }
    }

    private async Task MakeAsync(string path, JsonObject? old, CancellationToken cancellation)
    {
        var (authority, certificate, key) = Make();
        var secret = old is null
            ? new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Secret",
                ["metadata"] = new JsonObject { ["name"] = options.Name, ["namespace"] = options.Namespace },
                ["type"] = "kubernetes.io/tls",
            }
            : (JsonObject)old.DeepClone();
        // The other replicas show the old certificate until their next look, so the old authority counts on.
        var former = old is null ? "" : FirstCertificate(Data(old, "ca.crt"));
        secret["data"] = new JsonObject { ["ca.crt"] = Base64(former.Length > 0 ? $"{authority}\n{former}\n" : authority), ["tls.crt"] = Base64(certificate), ["tls.key"] = Base64(key) };
        try
        {
            await (old is null
                ? client.CreateAsync(ResourceType.Secrets.Collection(options.Namespace), ApiJson.Write(secret), cancellation)
                : client.UpdateAsync(path, ApiJson.Write(secret), cancellation)).ConfigureAwait(false);
            log($"the webhook's certificate was made and is kept in the Secret {options.Namespace}/{options.Name}");
        }
        catch (ApiException conflict) when (conflict.Status.Code == 409)
        {
            // Another replica was first.
        }
    }

    /// <summary>The authority signs this one certificate and is forgotten: its key is nowhere.</summary>
    private (string Authority, string Certificate, string Key) Make()
    {
        var now = _clock.GetUtcNow();
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=portico admission webhook", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        authorityRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        using var authority = authorityRequest.CreateSelfSigned(now.AddHours(-1), now + Lifetime);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var host = $"{options.Name}.{options.Namespace}.svc";
        var request = new CertificateRequest($"CN={(host.Length <= 64 ? host : "portico")}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        names.AddDnsName($"{host}.{options.ClusterDomain}");
        names.AddDnsName($"{options.Name}.{options.Namespace}");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        using var signed = request.Create(authority, now.AddHours(-1), now + Lifetime, RandomNumberGenerator.GetBytes(16));
        return (authority.ExportCertificatePem(), signed.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private async Task PatchConfigurationAsync(string authority, int triesLeft, CancellationToken cancellation)
    {
        var path = ResourceType.ValidatingWebhooks.Object("", options.Name);
        var configuration = await FindAsync(path, cancellation).ConfigureAwait(false)
            ?? throw new IOException($"there is no ValidatingWebhookConfiguration {options.Name}; create it, or give another --validating-webhook-name");
        var bundle = Base64(authority);
        var changed = false;
        foreach (var webhook in (configuration["webhooks"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (webhook["clientConfig"] is JsonObject way && ApiJson.Text(way["service"]?["name"]) == options.Name
                && ApiJson.Text(way["service"]?["namespace"]) == options.Namespace && ApiJson.Text(way["caBundle"]) != bundle)
            {
                way["caBundle"] = bundle;
                changed = true;
            }
        }

        if (!changed)
        {
            return;
        }

        try
        {
            await client.UpdateAsync(path, ApiJson.Write(configuration), cancellation).ConfigureAwait(false);
            log($"the ValidatingWebhookConfiguration {options.Name} believes the webhook's certificate now");
        }
        catch (ApiException conflict) when (conflict.Status.Code == 409 && triesLeft > 0)
        {
            // Another replica, which may have written the same.
            await PatchConfigurationAsync(authority, triesLeft - 1, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<JsonObject?> FindAsync(string path, CancellationToken cancellation)
    {
        try
        {
            return ApiJson.Parse(await client.GetAsync(path, cancellation).ConfigureAwait(false));
        }
        catch (ApiException missing) when (missing.Status.Code == 404)
        {
            return null;
        }
    }

    private void Report(Exception error)
    {
        var advice = error is ApiException { Status.Code: 403 }
            ? "; grant get, create and update on secrets (this one) and get and update on validatingwebhookconfigurations.admissionregistration.k8s.io (this one)" : "";
        var problem = $"the webhook cannot be put in order: {error.Message}{advice}; it is tried again";
        if (problem != _lastProblem)
        {
            _lastProblem = problem;
            log(problem);
        }
    }

    private static string FirstCertificate(string pem)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            // What is broken was believed by nobody.
        }

        return found.Count > 0 ? found[0].ExportCertificatePem() : "";
    }

    private static string Data(JsonObject secret, string name) => Encoding.UTF8.GetString(Convert.FromBase64String(ApiJson.Text(secret["data"]?[name])));

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
