using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;

namespace Portico.LoadBalancer.Bgp;

/// <summary>A router that was found right. Every text in it is safe to be part of a command. Immutable.</summary>
internal sealed record BgpPeerSettings
{
    public required ObjectMeta Object { get; init; }

    public string Name => Object.Name;

    /// <summary>Its address, or the interface behind which it is.</summary>
    public required string Neighbor { get; init; }

    /// <summary>Where it is; empty for outside of any VRF.</summary>
    public required string Vrf { get; init; }

    public required bool IsInterface { get; init; }

    public required bool IsIPv6 { get; init; }

    public required long MyASN { get; init; }

    /// <summary>A number, <c>internal</c> or <c>external</c>.</summary>
    public required string RemoteAS { get; init; }

    /// <summary>Empty for none.</summary>
    public required string RouterId { get; init; }

    public required bool GracefulRestart { get; init; }

    /// <summary>Null for no BFD.</summary>
    public required BFDProfile? Bfd { get; init; }

    /// <summary>Both families over one session.</summary>
    public required bool BothFamilies { get; init; }

    public required bool HasPassword { get; init; }

    /// <summary>What is set on the neighbor beside, in the words of FRR.</summary>
    public required IReadOnlyList<string> Settings { get; init; }

    public bool Takes(bool ipv6) => BothFamilies || IsInterface || IsIPv6 == ipv6;
}

/// <summary>What a BGPPeer says becomes <see cref="BgpPeerSettings"/>.</summary>
internal static partial class BgpPeerReading
{
    private const string PasswordType = "kubernetes.io/basic-auth";

    /// <param name="problem">Field and cause when there is no result.</param>
    public static BgpPeerSettings? Read(BGPPeer peer, IResourceView cluster, out string? problem)
    {
        var address = default(Address);
        var isInterface = peer.Interface.Length > 0;
        var settings = new List<string>();
        problem = peer.Vrf.Length > 0 && !VrfName().IsMatch(peer.Vrf) ? $"vrf: '{peer.Vrf}' is no name of a VRF"
            : peer.MyASN is <= 0 or > uint.MaxValue ? "myASN: must be between 1 and 4294967295"
            : isInterface == (peer.PeerAddress.Length > 0) ? "peerAddress, interface: exactly one of them must be there"
            : isInterface && !InterfaceName().IsMatch(peer.Interface) ? $"interface: '{peer.Interface}' is no name of an interface"
            : !isInterface && !Address.TryParse(peer.PeerAddress, out address) ? $"peerAddress: '{peer.PeerAddress}' is no IP address"
            : peer.PeerPort is < 1 or > 16384 ? "peerPort: must be between 1 and 16384"
            : peer.RouterId.Length > 0 && !(Address.TryParse(peer.RouterId, out var id) && !id.IsIPv6) ? $"routerID: '{peer.RouterId}' is no IPv4 address"
            : null;
        var bfd = problem is null && peer.BfdProfile.Length > 0 ? ProfileOf(peer, cluster, out problem) : null;
        var remote = problem is null ? RemoteOf(peer, out problem) : "";
        var password = problem is null ? PasswordOf(peer, cluster, out problem) : "";
        problem ??= Times(peer, settings) ?? Source(peer, settings);
        if (problem is not null)
        {
            return null;
        }

        Add(settings, password.Length > 0, $"password {password}");
        Add(settings, peer.PeerPort != 179, Invariant($"port {peer.PeerPort}"));
        Add(settings, peer.EbgpMultiHop, "ebgp-multihop");

        // IPv6 neighbors are often on the link without a common prefix: nodes have /128 addresses. FRR would not even try.
        Add(settings, address.IsIPv6 && !isInterface && !peer.EbgpMultiHop && remote != "internal" && peer.PeerASN != peer.MyASN, "disable-connected-check");
        Add(settings, peer.EnableGracefulRestart, "graceful-restart");
        Add(settings, peer.LocalASN is > 0 and <= uint.MaxValue, Invariant($"local-as {peer.LocalASN}"));
        return new BgpPeerSettings
        {
            Object = peer.Metadata,
            Neighbor = isInterface ? peer.Interface : address.ToString(),
            Vrf = peer.Vrf == "default" ? "" : peer.Vrf,
            IsInterface = isInterface,
            IsIPv6 = address.IsIPv6,
            MyASN = peer.MyASN,
            RemoteAS = remote,
            RouterId = peer.RouterId,
            GracefulRestart = peer.EnableGracefulRestart,
            Bfd = bfd,
            BothFamilies = peer.DualStackAddressFamily,
            HasPassword = password.Length > 0,
            Settings = settings,
        };
    }

    private static void Add(List<string> settings, bool isSet, string text)
    {
        if (isSet)
        {
            settings.Add(text);
        }
    }

    private static BFDProfile? ProfileOf(BGPPeer peer, IResourceView cluster, out string? problem)
    {
        var profile = cluster.Find<BFDProfile>(peer.Metadata.Namespace, peer.BfdProfile);
        problem = profile is null ? $"bfdProfile: there is no BFDProfile {peer.BfdProfile}"
            : OutOfRange("receiveInterval", profile.ReceiveInterval, 10, 60_000) ?? OutOfRange("transmitInterval", profile.TransmitInterval, 10, 60_000)
                ?? OutOfRange("echoInterval", profile.EchoInterval, 10, 60_000) ?? OutOfRange("detectMultiplier", profile.DetectMultiplier, 2, 255)
                ?? OutOfRange("minimumTtl", profile.MinimumTtl, 1, 254);
        return profile;

        string? OutOfRange(string field, int? value, int least, int most) =>
            value < least || value > most ? Invariant($"bfdProfile: {field} of BFDProfile {peer.BfdProfile} must be between {least} and {most}") : null;
    }

    private static string RemoteOf(BGPPeer peer, out string? problem)
    {
        problem = peer.DynamicASN.Length > 0 == peer.PeerASN > 0 ? "peerASN, dynamicASN: exactly one of them must be there"
            : peer.DynamicASN is not ("" or "internal" or "external") ? $"dynamicASN: '{peer.DynamicASN}' is neither internal nor external"
            : peer.PeerASN is < 0 or > uint.MaxValue ? "peerASN: must be between 1 and 4294967295"
            : null;
        return peer.DynamicASN.Length > 0 ? peer.DynamicASN : Invariant($"{peer.PeerASN}");
    }

    private static string PasswordOf(BGPPeer peer, IResourceView cluster, out string? problem)
    {
        problem = null;
        var password = peer.Password;
        if (peer.PasswordSecret.Length > 0)
        {
            var secret = cluster.Find<Secret>(peer.Metadata.Namespace, peer.PasswordSecret);
            problem = password.Length > 0 ? "password, passwordSecret: only one of them may be there"
                : secret is null ? $"passwordSecret: there is no Secret {peer.PasswordSecret}"
                : secret.Type != PasswordType ? $"passwordSecret: the Secret {peer.PasswordSecret} has the type {secret.Type} instead of {PasswordType}"
                : secret.Data.ContainsKey("password") ? null : $"passwordSecret: the Secret {peer.PasswordSecret} has no entry password";
            password = problem is null ? Encoding.UTF8.GetString(secret!.Data["password"]) : "";
        }

        // It becomes part of a command of one line: whoever writes a peer must not write FRR's configuration.
        problem ??= password.Length > 80 || !password.All(c => c is > ' ' and < '\x7f') ? "password: must be at most 80 printable characters without blanks" : null;
        return password;
    }

    private static string? Times(BGPPeer peer, List<string> settings)
    {
        TimeSpan? hold = null, keepalive = null, connect = null;
        var problem = Time("holdTime", peer.HoldTime, ref hold) ?? Time("keepaliveTime", peer.KeepaliveTime, ref keepalive) ?? Time("connectTime", peer.ConnectTime, ref connect);
        if (problem is not null)
        {
            return problem;
        }

        if (hold is { TotalSeconds: > 0 and < 3 })
        {
            return "holdTime: must be 0 or at least 3s";
        }

        if (keepalive > (hold ?? TimeSpan.FromSeconds(180)))
        {
            return "keepaliveTime: must not be longer than holdTime";
        }

        if (hold is not null || keepalive is not null)
        {
            var held = hold ?? (keepalive!.Value * 3);
            settings.Add(Invariant($"timers {(keepalive ?? held / 3).TotalSeconds:0} {held.TotalSeconds:0}"));
        }

        Add(settings, connect is not null, Invariant($"timers connect {connect?.TotalSeconds:0}"));
        return null;
    }

    private static string? Time(string field, string text, ref TimeSpan? time)
    {
        if (text.Length == 0)
        {
            return null;
        }

        if (!GoDuration.TryParse(text, out var value) || value < TimeSpan.Zero || value.TotalSeconds > 65535 || value.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            return $"{field}: '{text}' is no duration in whole seconds up to 65535s";
        }

        time = value;
        return null;
    }

    private static string? Source(BGPPeer peer, List<string> settings)
    {
        if (peer.SourceAddress.Length == 0)
        {
            return null;
        }

        if (!Address.TryParse(peer.SourceAddress, out var source))
        {
            return $"sourceAddress: '{peer.SourceAddress}' is no IP address";
        }

        settings.Add($"update-source {source}");
        return null;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex("^[A-Za-z0-9_.:-]{1,15}$")]
    private static partial Regex InterfaceName();

    /// <summary>As FRR takes it; VRFs that are network namespaces have longer names than interfaces.</summary>
    [GeneratedRegex("^[A-Za-z0-9_.:-]{1,35}$")]
    private static partial Regex VrfName();
}
