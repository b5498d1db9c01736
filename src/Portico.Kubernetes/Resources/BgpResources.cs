namespace Portico.Kubernetes.Resources;

/// <summary>metallb.io/v1beta1 BGPAdvertisement: the addresses of pools are announced to routers.</summary>
public sealed record BGPAdvertisement : Advertisement
{
    public override ResourceKind Kind => ResourceKind.BGPAdvertisement;

    public int AggregationLength { get; init; } = 32;

    public int AggregationLengthV6 { get; init; } = 128;

    /// <summary>Told to peers of the same autonomous system; 0 for none.</summary>
    public long LocalPref { get; init; }

    /// <summary>Values (<c>65535:65282</c>, <c>large:1:2:3</c>) or names of a <see cref="Community"/>.</summary>
    public IReadOnlyList<string> Communities { get; init; } = [];

    /// <summary>Names of <see cref="BGPPeer"/>s; empty for all.</summary>
    public IReadOnlyList<string> Peers { get; init; } = [];
}

/// <summary>metallb.io/v1beta2 BGPPeer: a router that is told.</summary>
public sealed record BGPPeer : KubernetesObject
{
    public override ResourceKind Kind => ResourceKind.BGPPeer;

    public long MyASN { get; init; }

    public long PeerASN { get; init; }

    /// <summary><c>internal</c> or <c>external</c> instead of <see cref="PeerASN"/>; empty for none.</summary>
    public string DynamicASN { get; init; } = "";

    /// <summary>0 for none.</summary>
    public long LocalASN { get; init; }

    public string PeerAddress { get; init; } = "";

    /// <summary>For a peer without address (unnumbered).</summary>
    public string Interface { get; init; } = "";

    public string SourceAddress { get; init; } = "";

    public int PeerPort { get; init; } = 179;

    /// <summary>A Go duration (<c>90s</c>); empty for the default.</summary>
    public string HoldTime { get; init; } = "";

    public string KeepaliveTime { get; init; } = "";

    public string ConnectTime { get; init; } = "";

    public string RouterId { get; init; } = "";

    public IReadOnlyList<ObjectSelector> NodeSelectors { get; init; } = [];

    public string Password { get; init; } = "";

    /// <summary>A Secret of type kubernetes.io/basic-auth in the peer's namespace; empty for none.</summary>
    public string PasswordSecret { get; init; } = "";

    public string BfdProfile { get; init; } = "";

    public bool EnableGracefulRestart { get; init; }

    public bool EbgpMultiHop { get; init; }

    public string Vrf { get; init; } = "";

    public bool DualStackAddressFamily { get; init; }
}

/// <summary>metallb.io/v1beta1 Community: names for community values.</summary>
public sealed record Community : KubernetesObject
{
    public override ResourceKind Kind => ResourceKind.Community;

    public IReadOnlyList<CommunityAlias> Communities { get; init; } = [];
}

public sealed record CommunityAlias
{
    public string Name { get; init; } = "";

    public string Value { get; init; } = "";
}

/// <summary>metallb.io/v1beta1 BFDProfile: how fast a silent peer is noticed. Null is FRR's default.</summary>
public sealed record BFDProfile : KubernetesObject
{
    public override ResourceKind Kind => ResourceKind.BFDProfile;

    public int? ReceiveInterval { get; init; }

    public int? TransmitInterval { get; init; }

    public int? EchoInterval { get; init; }

    public int? DetectMultiplier { get; init; }

    public bool EchoMode { get; init; }

    public bool PassiveMode { get; init; }

    public int? MinimumTtl { get; init; }
}
