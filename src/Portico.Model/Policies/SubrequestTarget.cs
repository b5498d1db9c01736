using Portico.Model.Text;

namespace Portico.Model.Policies;

/// <summary>
/// Where a request of the gateway's own goes: an authentication service, a mirror. The URL as it was written, taken apart; its host is
/// a backend like any other, so it is resolved, watched and balanced as those are.
/// </summary>
/// <param name="Host">The host name as written, lower case, without a port: what the Host header and the TLS server name say.</param>
/// <param name="Path">Path and query; never empty. Variables are those of the client's request.</param>
public sealed record SubrequestTarget(BackendId Backend, bool Tls, string Host, Template Path);
