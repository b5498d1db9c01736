using System.Collections.Immutable;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Model;
using Portico.Model.Text;

namespace Portico.Ingress.Configuration;

/// <summary>Reads the global ConfigMap and the two ConfigMaps with headers that it names.</summary>
internal sealed class ConfigurationReader(NamespacedName? name, string clusterDomain)
{
    private ConfigMap? _last;

    /// <summary>The ConfigMaps of the last reading; a change of one of them asks for another reading.</summary>
    public HashSet<NamespacedName> Sources { get; } = name is { } configured ? [configured] : [];

    /// <summary>The Secrets of the last reading.</summary>
    public HashSet<NamespacedName> Secrets { get; } = [];

    public (GlobalConfiguration Configuration, ImmutableArray<Finding> Findings) Read(IResourceView view)
    {
        Sources.Clear();
        Secrets.Clear();
        if (name is not { } global)
        {
            return (GlobalConfiguration.Default, []);
        }

        Sources.Add(global);
        var findings = ImmutableArray.CreateBuilder<Finding>();
        var reference = new ObjectReference("ConfigMap", global.Namespace, global.Name);
        var draft = new ConfigurationDraft { ClusterDomain = clusterDomain };
        var found = view.Find<ConfigMap>(global.Namespace, global.Name);
        if (found is null && _last is not null)
        {
            findings.Add(new Finding(reference, "", FindingSeverity.Warning, "MissingConfigMap", "the ConfigMap was deleted; its last values stay in force until a restart"));
        }

        if (found is null && _last is null)
        {
            findings.Add(new Finding(reference, "", FindingSeverity.Warning, "MissingConfigMap", "there is no such ConfigMap; every key has its default until it comes"));
        }

        // Deleting the map must not open what it closed.
        _last = found ?? _last;
        if (_last is { } map)
        {
            foreach (var (key, value) in map.Data.OrderBy(d => d.Key, StringComparer.Ordinal))
            {
                TakeKey(draft, key, value, (severity, reason, message) => findings.Add(new Finding(reference, key, severity, reason, message)));
            }
        }

        var addHeaders = ReadHeaders(draft.AddHeaders, "add-headers", view, reference, findings);
        var proxySetHeaders = ReadHeaders(draft.ProxySetHeaders, "proxy-set-headers", view, reference, findings);
        ReadDhParameters(draft, view, reference, findings);
        CheckSyslog(draft, reference, findings);
        return (draft.Finish(addHeaders, proxySetHeaders), findings.ToImmutable());
    }

    private static void TakeKey(ConfigurationDraft draft, string name, string value, Action<FindingSeverity, string, string> report)
    {
        if (!ConfigKeys.ByName.TryGetValue(name, out var key))
        {
            var closest = ConfigKeys.All.MinBy(k => EditDistance.Between(k.Name, name))!.Name;
            var hint = EditDistance.Between(closest, name) <= Math.Max(2, name.Length / 4) ? $"; did you mean {closest}?" : "";
            report(FindingSeverity.Warning, "UnknownConfigKey", $"there is no such key, it has no effect{hint}");
            return;
        }

        if (key.Take is { } take && !take(draft, value.Trim()))
        {
            report(FindingSeverity.Warning, "InvalidConfigValue", $"'{value}' cannot be read; the default ({key.Default}) is used");
            return;
        }

        foreach (var (_, message) in draft.Partial)
        {
            report(FindingSeverity.Error, "InvalidConfigValue", message);
        }

        draft.Partial.Clear();
        if (value.Trim() == key.Default)
        {
            return;
        }

        switch (key.Effect)
        {
            case ConfigEffect.NoMeaning:
                report(FindingSeverity.Info, "ConfigKeyWithoutMeaning", $"is accepted and has no effect: {key.Remark}");
                break;
            case ConfigEffect.NotYet:
                report(FindingSeverity.Warning, "ConfigKeyNotInEffect", "is not in effect yet");
                break;
            case ConfigEffect.NotYetGuardsAccess:
                report(FindingSeverity.Error, "ConfigKeyNotInEffect", "is not in effect yet, and it guards access");
                break;
        }
    }

    private static void CheckSyslog(ConfigurationDraft draft, ObjectReference reference, ImmutableArray<Finding>.Builder findings)
    {
        if (draft.EnableSyslog && Uri.CheckHostName(draft.SyslogHost) == UriHostNameType.Unknown)
        {
            findings.Add(new Finding(
                reference, "syslog-host", FindingSeverity.Warning, "InvalidConfigValue",
                $"'{draft.SyslogHost}' is neither an address nor a name, so enable-syslog has no effect: the logs stay in their files"));
            draft.SyslogHost = "";
        }
    }

    private void ReadDhParameters(ConfigurationDraft draft, IResourceView view, ObjectReference reference, ImmutableArray<Finding>.Builder findings)
    {
        if (draft.DhParameters.Length == 0)
        {
            return;
        }

        string? problem = null;
        if (!NamespacedName.TryParse(draft.DhParameters, out var secretName))
        {
            problem = $"'{draft.DhParameters}' is not namespace/name";
        }
        else
        {
            Secrets.Add(secretName);
            if (view.Find<Secret>(secretName.Namespace, secretName.Name)?.Data.GetValueOrDefault("dhparam.pem") is { Length: > 0 } pem)
            {
                draft.Tls(t => t with { DhParametersPem = System.Text.Encoding.UTF8.GetString(pem) });
            }
            else
            {
                problem = $"there is no Secret {secretName} with dhparam.pem";
            }
        }

        if (problem is not null)
        {
            findings.Add(new Finding(reference, "ssl-dh-param", FindingSeverity.Warning, "InvalidConfigValue", $"{problem}; no DHE cipher is chosen"));
        }
    }

    /// <summary>Entries in the order of their names. A missing map or a bad entry leaves out only itself.</summary>
    private ImmutableArray<HeaderTemplate> ReadHeaders(
        string source, string key, IResourceView view, ObjectReference reference, ImmutableArray<Finding>.Builder findings)
    {
        if (source.Length == 0)
        {
            return [];
        }

        if (!NamespacedName.TryParse(source, out var mapName))
        {
            findings.Add(new Finding(reference, key, FindingSeverity.Warning, "InvalidConfigValue", $"'{source}' is not namespace/name"));
            return [];
        }

        Sources.Add(mapName);
        if (view.Find<ConfigMap>(mapName.Namespace, mapName.Name) is not { } map)
        {
            findings.Add(new Finding(reference, key, FindingSeverity.Warning, "MissingConfigMap", $"there is no ConfigMap {mapName}"));
            return [];
        }

        var headers = ImmutableArray.CreateBuilder<HeaderTemplate>();
        foreach (var (header, value) in map.Data.OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            var text = value.Trim();
            if (HeaderText.IsName(header) && (text.Length == 0 || !text.Any(char.IsControl)))
            {
                headers.Add(new HeaderTemplate(header, Template.Parse(text)));
            }
            else
            {
                findings.Add(new Finding(reference, key, FindingSeverity.Warning, "InvalidConfigValue", $"the entry '{header}' of {mapName} is no header; it is left out"));
            }
        }

        return headers.ToImmutable();
    }
}
