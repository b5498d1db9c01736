using System.Collections.Immutable;
using System.Text;
using Portico.Model.Policies;
using Portico.Proxy.Balancing;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Subrequests;

/// <summary>
/// A <see cref="SubrequestTarget"/> ready to be asked: the living backend, and the path as a compiled template.
/// Immutable, compiled with the route, shared by all shards.
/// </summary>
internal sealed class SubrequestDestination
{
    private readonly CompiledTemplate _path;

    public SubrequestDestination(SubrequestTarget target, BackendState backend, IReadOnlyDictionary<string, int>? groupNames = null)
    {
        Backend = backend;
        Tls = target.Tls;
        ServerName = target.Host;
        Host = Encoding.ASCII.GetBytes(target.Host);
        _path = CompiledTemplate.Compile(target.Path, groupNames);
    }

    public BackendState Backend { get; }

    public bool Tls { get; }

    /// <summary>Sent in the TLS handshake; the certificate is not verified.</summary>
    public string ServerName { get; }

    /// <summary>The host name without port, for the Host header.</summary>
    public byte[] Host { get; }

    public bool PathIsLiteral => _path.IsLiteral;

    public ImmutableArray<string> UnknownVariables => _path.UnknownNames;

    // nginx's own defaults: the locations that ingress-nginx makes for such requests set none.
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Room for the response head.</summary>
    public int HeadBufferBytes { get; init; } = 4 * 1024;

    /// <summary>HTTP/1.0 instead of 1.1.</summary>
    public bool Http10 { get; init; }

    /// <summary>Null closes each connection after its answer.</summary>
    public SubrequestKeepAlive? KeepAlive { get; init; }

    /// <summary>Adds path and query for this request; what would break the request line is percent-encoded.</summary>
    public void AppendPath(RequestContext context, ByteBuilder output)
    {
        var scratch = context.Scratch;
        scratch.Clear();
        _path.Append(context, scratch);
        if (scratch.Length == 0 || scratch.Written[0] != '/')
        {
            output.Append((byte)'/');
        }

        foreach (var value in scratch.Written)
        {
            if (value is > 0x20 and < 0x7F)
            {
                output.Append(value);
            }
            else
            {
                output.Append((byte)'%');
                output.AppendHex(value);
            }
        }
    }
}

/// <summary>How connections of a destination are kept for later requests, on each shard.</summary>
/// <param name="Connections">The most idle ones.</param>
/// <param name="Requests">The most requests on one.</param>
internal sealed record SubrequestKeepAlive(int Connections, int Requests, TimeSpan IdleTimeout);
