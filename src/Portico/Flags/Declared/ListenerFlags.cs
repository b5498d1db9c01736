using System.Net;
using Portico.Ingress;

namespace Portico.Flags.Declared;

/// <summary>Where traffic comes in, and what carries it.</summary>
internal static class ListenerFlags
{
    public static FlagGroup Group { get; } = new("Listeners");

    public static Flag<IPAddress?> BindAddress { get; } = Group.Add(
        FlagTypes.Address, "bind-address", null, "The address to listen on.", "all addresses");

    public static Flag<int> HttpPort { get; } = Group.Add(FlagTypes.Port, "http-port", 80, "The port of plain HTTP.");

    public static Flag<int> HttpsPort { get; } = Group.Add(FlagTypes.Port, "https-port", 443, "The port of HTTPS.");

    public static Flag<bool> Http2Cleartext { get; } = Group.Add(
        FlagTypes.Switch, "http2-cleartext", true, "Speak HTTP/2 on the plain port with clients that begin with it (prior knowledge).");

    public static Flag<NamespacedName?> DefaultSslCertificate { get; } = Group.Add(
        FlagTypes.Object, "default-ssl-certificate", null, "The TLS Secret for names without a certificate of their own.", "a self-signed one");

    public static Flag<bool> EnableSslPassthrough { get; } = Group.Add(
        FlagTypes.Switch, "enable-ssl-passthrough", false, "Pass TLS connections through unopened where an Ingress asks for it (annotation ssl-passthrough).");

    public static Flag<bool> EnableSslChainCompletion { get; } = Group.AddNotYet(
        FlagTypes.Switch, "enable-ssl-chain-completion", false, "Download missing intermediate certificates.", "chains are served as the Secrets hold them");

    public static Flag<string> TempDir { get; } = Group.Add(
        FlagTypes.File, "temp-dir", "", "The folder for request bodies that are too large for memory. Its files have no names, so nothing is ever left there.", "that of the system");

    public static Flag<int> TempDirMegabytes { get; } = Group.Add(
        FlagTypes.Count, "temp-dir-megabytes", 4096, "The most that bodies in --temp-dir may take together; a request beyond it is answered 507.");

    public static Flag<int> Shards { get; } = Group.Add(
        FlagTypes.Count, "shards", 0, "How many threads carry traffic, each with its own connections.", "one per core");
}
