using System.Collections.Immutable;
using System.Text;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Model.Policies;

namespace Portico.Ingress.Annotations;

/// <summary>Basic and digest authentication.</summary>
internal static class BasicAuth
{
    /// <summary>The key of a Secret of the kind auth-file.</summary>
    private const string FileKey = "auth";

    public static readonly AnnotationDeclaration AuthType = new(
        "nginx.ingress.kubernetes.io/auth-type", AnnotationRisk.Low, new ValueRule("basic or digest", static v => v.Trim() is "basic" or "digest"), InvalidValue.DropsIngress, "none",
        "Asks for a user name and password: basic or digest.");

    public static readonly AnnotationDeclaration AuthSecret = new(
        "nginx.ingress.kubernetes.io/auth-secret", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.ClosesLocation, "none",
        "The Secret with the users: name or namespace/name.")
    { Names = ResourceKind.Secret, ReadWith = AuthType };

    public static readonly AnnotationDeclaration AuthSecretType = new(
        "nginx.ingress.kubernetes.io/auth-secret-type", AnnotationRisk.Low, ValueRule.OneOf("auth-file", "auth-map"), InvalidValue.DropsIngress, "auth-file",
        "How the Secret is laid out: auth-file or auth-map.")
    { ReadWith = AuthType };

    public static readonly AnnotationDeclaration AuthRealm = new(
        "nginx.ingress.kubernetes.io/auth-realm", AnnotationRisk.Medium, ValueRule.BasicAndBlank, InvalidValue.DropsIngress, "empty",
        "The realm that the browser shows.")
    { ReadWith = AuthType };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        AuthType, AuthSecret, AuthSecretType, AuthRealm,
    ];

    /// <summary>The Secret to look at again when it changes.</summary>
    public static NamespacedName? Reference(AnnotationValues values, string ns)
    {
        if (!values.Has(AuthType) || values.Text(AuthSecret) is not { } text)
        {
            return null;
        }

        var name = ValueRule.WithoutBlanks(text);
        return NamespacedName.TryParse(name, out var full) ? full
            : name.Contains('/', StringComparison.Ordinal) ? null
            : new NamespacedName(ns, name);
    }

    /// <summary>Null when no password is asked for. A Secret that cannot be used closes the paths.</summary>
    public static BasicAuthPolicy? Read(AnnotationValues values, SettingsSources sources, IResourceView view)
    {
        if (values.Text(AuthType) is not { } type)
        {
            return null;
        }

        if (Reference(values, sources.Namespace) is not { } name)
        {
            return Close(values, "it names no Secret");
        }

        if (name.Namespace != sources.Namespace && !sources.Policy.AllowCrossNamespaceResources)
        {
            return Close(values, $"the Secret {name} belongs to another namespace, and allow-cross-namespace-resources is off");
        }

        if (view.Find<Secret>(name.Namespace, name.Name) is not { } secret)
        {
            return Close(values, $"there is no Secret {name}");
        }

        var isMap = values.Text(AuthSecretType) == "auth-map";
        if (!isMap && !secret.Data.ContainsKey(FileKey))
        {
            return Close(values, $"the Secret {name} has no key '{FileKey}'");
        }

        return new BasicAuthPolicy
        {
            Realm = values.Text(AuthRealm) ?? "",
            Digest = type == "digest",
            Users = isMap ? [.. secret.Data.OrderBy(d => d.Key, StringComparer.Ordinal).SelectMany(EntriesOf)] : [.. Lines(secret.Data[FileKey])],
        };
    }

    /// <summary>The entry of a map becomes a line of a file, as ingress-nginx writes it.</summary>
    private static IEnumerable<PasswordEntry> EntriesOf(KeyValuePair<string, byte[]> entry) =>
        Lines([.. Encoding.Latin1.GetBytes(entry.Key + ":"), .. entry.Value]);

    /// <summary>
    /// Lines of htpasswd: <c>user:hash</c>, anything behind a further colon left out; a digest file has <c>user:realm:hash</c> and is kept
    /// whole. Comments and lines without a colon say nothing. Bytes are kept as they are: nobody knows their encoding.
    /// </summary>
    private static IEnumerable<PasswordEntry> Lines(byte[] file)
    {
        foreach (var line in Encoding.Latin1.GetString(file).Split('\n'))
        {
            var text = line.TrimEnd('\r');
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && text[0] != '#' && colon < text.Length - 1)
            {
                yield return new PasswordEntry(text[..colon], text[(colon + 1)..]);
            }
        }
    }

    private static BasicAuthPolicy? Close(AnnotationValues values, string problem)
    {
        values.Close(AuthSecret, AccessGuard.Location, $"annotation {values.NameOf(AuthSecret)}: {problem}");
        return null;
    }
}
