using System.Collections.Frozen;
using System.Collections.Immutable;
using Portico.Model;

namespace Portico.Ingress.Configuration;

/// <summary>All keys of the global ConfigMap. The tables are in the files named after their subject.</summary>
internal static partial class ConfigKeys
{
    private const string NoInspection = "this version inspects no requests";
    private const string NoLocations = "this version looks no client up in databases of locations";
    private const string NoSpans = "this version makes no spans";
    private const string NoConfigurationText = "there is no configuration text that directives could be put into";

    public static ImmutableArray<ConfigKey> All { get; } =
        [.. RouteKeys(), .. UpstreamKeys(), .. AccessKeys(), .. ClientKeys(), .. HeaderKeys(), .. TlsKeys(), .. LogKeys(), .. StreamKeys(), .. FeatureKeys(), .. NginxKeys()];

    public static FrozenDictionary<string, ConfigKey> ByName { get; } = All.ToFrozenDictionary(k => k.Name, StringComparer.Ordinal);

    private static ConfigKey Boolean(string name, bool usual, string doc, Action<ConfigurationDraft, bool> set) =>
        new(name, usual ? "true" : "false", doc, ConfigEffect.InEffect, (draft, text) =>
        {
            if (!GoValues.TryBoolean(text, out var value))
            {
                return false;
            }

            set(draft, value);
            return true;
        });

    private static ConfigKey Integer(string name, int usual, int least, string doc, Action<ConfigurationDraft, int> set) =>
        new(name, GoValues.Format(usual), doc, ConfigEffect.InEffect, (draft, text) =>
        {
            if (!GoValues.TryInteger(text, out var value) || value < least)
            {
                return false;
            }

            set(draft, value);
            return true;
        });

    private static ConfigKey Seconds(string name, int usual, int least, string doc, Action<ConfigurationDraft, TimeSpan> set) =>
        Integer(name, usual, least, doc, (draft, value) => set(draft, TimeSpan.FromSeconds(value)));

    private static ConfigKey Time(string name, string usual, string doc, Action<ConfigurationDraft, TimeSpan> set) =>
        new(name, usual, doc, ConfigEffect.InEffect, (draft, text) =>
        {
            if (!NginxUnits.TryParseTime(text, out var value))
            {
                return false;
            }

            set(draft, value);
            return true;
        });

    private static ConfigKey Text(string name, string usual, string doc, Action<ConfigurationDraft, string> set) =>
        new(name, usual, doc, ConfigEffect.InEffect, (draft, text) =>
        {
            set(draft, text);
            return true;
        });

    private static ConfigKey Checked(string name, string usual, string doc, Func<ConfigurationDraft, string, bool> take) =>
        new(name, usual, doc, ConfigEffect.InEffect, take);

    private static ConfigKey List(string name, string usual, string doc, Action<ConfigurationDraft, ImmutableArray<string>> set) =>
        new(name, usual, doc, ConfigEffect.InEffect, (draft, text) =>
        {
            set(draft, GoValues.List(text));
            return true;
        });

    /// <summary>Entries that cannot be read are left out and reported; the others hold.</summary>
    private static ConfigKey Ranges(string name, string usual, string doc, Action<ConfigurationDraft, ImmutableArray<AddressRange>, bool> set) =>
        new(name, usual, doc, ConfigEffect.InEffect, (draft, text) =>
        {
            var complete = GoValues.TryRanges(text, out var ranges);
            if (!complete)
            {
                draft.Partial.Add((name, $"'{text}' holds entries that are neither IP addresses nor CIDR blocks; they are left out"));
            }

            set(draft, ranges, complete);
            return true;
        });

    private static ConfigKey NotYet(string name, string usual, string doc, string because) => new(name, usual, doc, ConfigEffect.NotYet, null, because);

    private static ConfigKey Unguarded(string name, string usual, string doc, string because) => new(name, usual, doc, ConfigEffect.NotYetGuardsAccess, null, because);

    private static ConfigKey NoMeaning(string name, string usual, string why) =>
        new(name, usual, "Tunes the inside of nginx.", ConfigEffect.NoMeaning, null, why);
}
