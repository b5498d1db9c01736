using System.Text;
using Portico.Model;

namespace Portico.Proxy.Routing;

/// <summary>
/// The hosts of one <see cref="HostTable"/> by name. Built by the control thread, then immutable and read by all shards; listeners
/// that share a table share its index.
/// </summary>
internal sealed partial class HostIndex
{
    private readonly ByteKeyTable<CompiledHost> _exact;
    private readonly ByteKeyTable<CompiledHost> _oneLabel;
    private readonly ByteKeyTable<CompiledHost> _wildcard;
    private (HostName Name, CompiledHost Host)[] _patterns = [];
    private CompiledHost? _any;

    public HostTable Model { get; }

    /// <summary>What of these hosts could not be honoured.</summary>
    public IEnumerable<RoutingProblem> Problems => _flawed.SelectMany(host => host.Problems);

    public IEnumerable<CompiledHost> Hosts => Model.Hosts.Values.Select(host => FindByName(host.Name)).OfType<CompiledHost>();

    /// <summary>The host for a name: exact, one-label wildcard, longest wildcard, pattern, any.</summary>
    /// <param name="host">As <see cref="HostNames"/> makes it; empty for a request without a host.</param>
    public CompiledHost? Find(ReadOnlySpan<byte> host) =>
        host.IsEmpty ? _any : _exact.Find(host) ?? FindOneLabel(host) ?? FindWildcard(host) ?? FindPattern(host) ?? _any;

    /// <summary>ingress-nginx writes such a host as <c>~^(?&lt;subdomain&gt;[\w-]+)\.example\.com$</c>.</summary>
    private CompiledHost? FindOneLabel(ReadOnlySpan<byte> host)
    {
        if (_oneLabel.Count == 0)
        {
            return null;
        }

        var dot = host.IndexOf((byte)'.');
        return dot > 0 && IsLabel(host[..dot]) ? _oneLabel.Find(host[(dot + 1)..]) : null;
    }

    private static bool IsLabel(ReadOnlySpan<byte> label)
    {
        foreach (var b in label)
        {
            if (!char.IsAsciiLetterOrDigit((char)b) && b is not ((byte)'-' or (byte)'_'))
            {
                return false;
            }
        }

        return true;
    }

    private CompiledHost? FindWildcard(ReadOnlySpan<byte> host)
    {
        if (_wildcard.Count == 0)
        {
            return null;
        }

        // A leading dot leaves no label for the star.
        var rest = host[0] == '.' ? host[1..] : host;
        for (var dot = rest.IndexOf((byte)'.'); dot >= 0; dot = rest.IndexOf((byte)'.'))
        {
            rest = rest[(dot + 1)..];
            if (_wildcard.Find(rest) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private CompiledHost? FindPattern(ReadOnlySpan<byte> host)
    {
        foreach (var (name, compiled) in _patterns)
        {
            if (name.Pattern!.IsMatch(host))
            {
                return compiled;
            }
        }

        return null;
    }

    /// <summary>The host of exactly that name in the model, wildcards included.</summary>
    private CompiledHost? FindByName(string name)
    {
        Span<byte> buffer = stackalloc byte[512];
        var bytes = Encoding.UTF8.TryGetBytes(name, buffer, out var length) ? buffer[..length] : Encoding.UTF8.GetBytes(name);
        Ascii.ToLowerInPlace(bytes, out _);
        var found = name == VirtualHost.AnyHost ? _any
            : !HostName.IsWildcard(name) ? _exact.Find(bytes)
            : _oneLabel.Find(bytes[2..]) is { } oneLabel && oneLabel.Model.Name == name ? oneLabel
            : _wildcard.Find(bytes[2..]);
        // The name may lead to another host as its alias, in a model that does not keep the two apart.
        return found?.Model.Name == name ? found : null;
    }
}
