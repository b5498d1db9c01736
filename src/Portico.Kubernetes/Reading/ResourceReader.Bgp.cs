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

    private static BGPAdvertisement BGPAdvertisementSpec(ref FieldReader r)
    {
        var read = new BGPAdvertisement();
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "ipAddressPools": read = read with { Pools = r.Strings() }; break;
                    case "ipAddressPoolSelectors": read = read with { PoolSelectors = r.List(ObjectSelector) }; break;
                    case "nodeSelectors": read = read with { NodeSelectors = r.List(ObjectSelector) }; break;
                    case "serviceSelectors": read = read with { ServiceSelectors = r.List(ObjectSelector) }; break;
                    case "aggregationLength": read = read with { AggregationLength = r.NullableInt32() ?? 32 }; break;
                    case "aggregationLengthV6": read = read with { AggregationLengthV6 = r.NullableInt32() ?? 128 }; break;
                    case "localPref": read = read with { LocalPref = r.Int64() }; break;
                    case "communities": read = read with { Communities = r.Strings() }; break;
                    case "peers": read = read with { Peers = r.Strings() }; break;
                    default: r.Skip(); break;
                }
            }
        }

        return read;
    }

    private static BGPPeer BGPPeer(ref FieldReader r)
    {
        var (meta, read) = MetadataAndSpec<BGPPeer>(ref r, BGPPeerSpec);
        return read with { Metadata = meta };
    }

    private static BGPPeer BGPPeerSpec(ref FieldReader r)
    {
        var read = new BGPPeer();
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "myASN": read = read with { MyASN = r.Int64() }; break;
                    case "peerASN": read = read with { PeerASN = r.Int64() }; break;
                    case "dynamicASN": read = read with { DynamicASN = r.String() }; break;
                    case "localASN": read = read with { LocalASN = r.Int64() }; break;
                    case "peerAddress": read = read with { PeerAddress = r.String() }; break;
                    case "interface": read = read with { Interface = r.String() }; break;
                    case "sourceAddress": read = read with { SourceAddress = r.String() }; break;
                    case "peerPort": read = read with { PeerPort = r.NullableInt32() ?? 179 }; break;
                    case "holdTime": read = read with { HoldTime = r.String() }; break;
                    case "keepaliveTime": read = read with { KeepaliveTime = r.String() }; break;
                    case "connectTime": read = read with { ConnectTime = r.String() }; break;
                    case "routerID": read = read with { RouterId = r.String() }; break;
                    case "nodeSelectors": read = read with { NodeSelectors = r.List(ObjectSelector) }; break;
                    case "password": read = read with { Password = r.String() }; break;
                    case "passwordSecret": read = read with { PasswordSecret = OnlyField(ref r, "name", static (ref FieldReader inner) => inner.String(), "") }; break;
                    case "bfdProfile": read = read with { BfdProfile = r.String() }; break;
                    case "enableGracefulRestart": read = read with { EnableGracefulRestart = r.NullableBoolean() ?? false }; break;
                    case "ebgpMultiHop": read = read with { EbgpMultiHop = r.NullableBoolean() ?? false }; break;
                    case "vrf": read = read with { Vrf = r.String() }; break;
                    case "dualStackAddressFamily": read = read with { DualStackAddressFamily = r.NullableBoolean() ?? false }; break;
                    default: r.Skip(); break;
                }
            }
        }

        return read;
    }

    private static Community Community(ref FieldReader r)
    {
        var (meta, read) = MetadataAndSpec<Community>(ref r, CommunitySpec);
        return read with { Metadata = meta };
    }

    private static Community CommunitySpec(ref FieldReader r)
    {
        var read = new Community();
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "communities": read = read with { Communities = r.List(CommunityAlias) }; break;
                    default: r.Skip(); break;
                }
            }
        }

        return read;
    }

    private static CommunityAlias CommunityAlias(ref FieldReader r)
    {
        var read = new CommunityAlias();
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "name": read = read with { Name = r.String() }; break;
                    case "value": read = read with { Value = r.String() }; break;
                    default: r.Skip(); break;
                }
            }
        }

        return read;
    }

    private static BFDProfile BFDProfile(ref FieldReader r)
    {
        var (meta, read) = MetadataAndSpec<BFDProfile>(ref r, BFDProfileSpec);
        return read with { Metadata = meta };
    }

    private static BFDProfile BFDProfileSpec(ref FieldReader r)
    {
        var read = new BFDProfile();
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "receiveInterval": read = read with { ReceiveInterval = r.NullableInt32() }; break;
                    case "transmitInterval": read = read with { TransmitInterval = r.NullableInt32() }; break;
                    case "echoInterval": read = read with { EchoInterval = r.NullableInt32() }; break;
                    case "detectMultiplier": read = read with { DetectMultiplier = r.NullableInt32() }; break;
                    case "echoMode": read = read with { EchoMode = r.NullableBoolean() ?? false }; break;
                    case "passiveMode": read = read with { PassiveMode = r.NullableBoolean() ?? false }; break;
                    case "minimumTtl": read = read with { MinimumTtl = r.NullableInt32() }; break;
                    default: r.Skip(); break;
                }
            }
        }

        return read;
    }
}
