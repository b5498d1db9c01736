using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Reading;

/// <summary>metallb.io BGPAdvertisement, BGPPeer, Community and BFDProfile.</summary>
internal static partial class ResourceReader
{
    private static BGPAdvertisement BGPAdvertisement(ref FieldReader r)
    {
        var (meta, read) = MetadataAndSpec<BGPAdvertisement>(ref r, BGPAdvertisementSpec);
        return read with { Metadata = meta };
    }

    private static BGPAdvertisement BGPAdvertisementSpec(ref FieldReader r) =>
        r.Fields(new BGPAdvertisement(), static (ref FieldReader f, string name, BGPAdvertisement read) => name switch
        {
            "ipAddressPools" => read with { Pools = f.Strings() },
            "ipAddressPoolSelectors" => read with { PoolSelectors = f.List(ObjectSelector) },
            "nodeSelectors" => read with { NodeSelectors = f.List(ObjectSelector) },
            "serviceSelectors" => read with { ServiceSelectors = f.List(ObjectSelector) },
            "aggregationLength" => read with { AggregationLength = f.NullableInt32() ?? 32 },
            "aggregationLengthV6" => read with { AggregationLengthV6 = f.NullableInt32() ?? 128 },
            "localPref" => read with { LocalPref = f.Int64() },
            "communities" => read with { Communities = f.Strings() },
            "peers" => read with { Peers = f.Strings() },
            _ => f.Skip(read),
        });

    private static BGPPeer BGPPeer(ref FieldReader r)
    {
        var (meta, read) = MetadataAndSpec<BGPPeer>(ref r, BGPPeerSpec);
        return read with { Metadata = meta };
    }

    private static BGPPeer BGPPeerSpec(ref FieldReader r) =>
        r.Fields(new BGPPeer(), static (ref FieldReader f, string name, BGPPeer read) => name switch
        {
            "myASN" => read with { MyASN = f.Int64() },
            "peerASN" => read with { PeerASN = f.Int64() },
            "dynamicASN" => read with { DynamicASN = f.String() },
            "localASN" => read with { LocalASN = f.Int64() },
            "peerAddress" => read with { PeerAddress = f.String() },
            "interface" => read with { Interface = f.String() },
            "sourceAddress" => read with { SourceAddress = f.String() },
            "peerPort" => read with { PeerPort = f.NullableInt32() ?? 179 },
            "holdTime" => read with { HoldTime = f.String() },
            "keepaliveTime" => read with { KeepaliveTime = f.String() },
            "connectTime" => read with { ConnectTime = f.String() },
            "routerID" => read with { RouterId = f.String() },
            "nodeSelectors" => read with { NodeSelectors = f.List(ObjectSelector) },
            "password" => read with { Password = f.String() },
            "passwordSecret" => read with { PasswordSecret = OnlyField(ref f, "name", static (ref FieldReader inner) => inner.String(), "") },
            "bfdProfile" => read with { BfdProfile = f.String() },
            "enableGracefulRestart" => read with { EnableGracefulRestart = f.NullableBoolean() ?? false },
            "ebgpMultiHop" => read with { EbgpMultiHop = f.NullableBoolean() ?? false },
            "vrf" => read with { Vrf = f.String() },
            "dualStackAddressFamily" => read with { DualStackAddressFamily = f.NullableBoolean() ?? false },
            _ => f.Skip(read),
        });

    private static Community Community(ref FieldReader r)
    {
        var (meta, read) = MetadataAndSpec<Community>(ref r, CommunitySpec);
        return read with { Metadata = meta };
    }

    private static Community CommunitySpec(ref FieldReader r) =>
        r.Fields(new Community(), static (ref FieldReader f, string name, Community read) => name switch
        {
            "communities" => read with { Communities = f.List(CommunityAlias) },
            _ => f.Skip(read),
        });

    private static CommunityAlias CommunityAlias(ref FieldReader r) =>
        r.Fields(new CommunityAlias(), static (ref FieldReader f, string name, CommunityAlias read) => name switch
        {
            "name" => read with { Name = f.String() },
            "value" => read with { Value = f.String() },
            _ => f.Skip(read),
        });

    private static BFDProfile BFDProfile(ref FieldReader r)
    {
        var (meta, read) = MetadataAndSpec<BFDProfile>(ref r, BFDProfileSpec);
        return read with { Metadata = meta };
    }

    private static BFDProfile BFDProfileSpec(ref FieldReader r) =>
        r.Fields(new BFDProfile(), static (ref FieldReader f, string name, BFDProfile read) => name switch
        {
            "receiveInterval" => read with { ReceiveInterval = f.NullableInt32() },
            "transmitInterval" => read with { TransmitInterval = f.NullableInt32() },
            "echoInterval" => read with { EchoInterval = f.NullableInt32() },
            "detectMultiplier" => read with { DetectMultiplier = f.NullableInt32() },
            "echoMode" => read with { EchoMode = f.NullableBoolean() ?? false },
            "passiveMode" => read with { PassiveMode = f.NullableBoolean() ?? false },
            "minimumTtl" => read with { MinimumTtl = f.NullableInt32() },
            _ => f.Skip(read),
        });
}
