using System.Text;
using Portico.Http;
using Portico.Http.Messages;
using Portico.Model;
using Portico.Net.Tls;
using Portico.Proxy.Balancing;
using Portico.Proxy.Compression;
using Portico.Proxy.ExternalAuth;
using Portico.Proxy.Limits;
using Portico.Proxy.Policies;
using Portico.Proxy.Routing;
using Portico.Proxy.Serving;

namespace Portico.Proxy.Requests;

/// <summary>
/// Everything about one exchange between parsing and logging. The connection owns it and reuses it for its next request
/// (<see cref="Begin"/>); it runs on the shard's thread only. What is not always needed is worked out when first asked for.
/// Spans that it gives out are valid until the exchange ends.
/// <para>
/// Facts come in this order: connection and head, then what they mean (client, scheme, host), then the route, then what
/// policies made of the request, then the outcome (<c>RequestContext.Outcome.cs</c>).
/// </para>
/// </summary>
internal sealed partial class RequestContext
{
    private readonly ByteBuilder _hostName = new();
    private readonly ByteBuilder _rewrittenTarget = new();
    private readonly ByteBuilder _rewrittenPath = new();
    private readonly byte[] _clientText = new byte[AddressText.LongestText];
    private readonly byte[] _generatedId = new byte[RequestIds.Length];
    private bool _hostNameKnown;
    private byte[]? _insteadOfTarget;
    private bool _withoutCertificate;
    private byte[] _pathScratch = new byte[256];
    private PathForm _pathForm;
    private int _pathLength;
    private ClientAddress _client;
    private int _clientPort;
    private int _clientTextLength;
    private bool _clientKnown;
    private bool _idGenerated;
    private ConnectionPlace _connectionPlace;

    public RequestHead Head { get; private set; } = new();

    public ConnectionFacts Connection { get; private set; } = new();

    /// <summary>The settings of the snapshot that the request began with.</summary>
    public CompiledSettings Settings { get; private set; } = CompiledSettings.Default;

    /// <summary>The table of the snapshot that the request began with; null in tests that need none.</summary>
    public RoutingTable? Table { get; private set; }

    /// <summary>A buffer for a value that is used up at once; whoever writes to it clears it first.</summary>
    public ByteBuilder Scratch { get; } = new();

    /// <summary>Starts the next exchange.</summary>
    public void Begin(Exchange exchange, Snapshot snapshot)
    {
        var connection = (ConnectionFacts)exchange.Connection.Facts!;
        connection.Requests = exchange.RequestNumber;
        Begin(exchange.Request, connection, snapshot.Settings, snapshot.Table, exchange.StartedTicks);
        _keepsUpstreamHeaders = snapshot.LogFormat.ReadsUpstreamHeaders;
    }

    /// <summary>
    /// The same from its parts. <paramref name="startedTimestamp"/> is the moment of the request's first byte in units of
    /// <see cref="System.Diagnostics.Stopwatch"/>.
    /// </summary>
    public void Begin(RequestHead head, ConnectionFacts connection, CompiledSettings settings, RoutingTable? table, long startedTimestamp)
    {
        Head = head;
        Connection = connection;
        Settings = settings;
        Table = table;
        _clientKnown = false;
        _clientTextLength = 0;
        _idGenerated = false;
        _hostName.Clear();
        _hostNameKnown = false;
        _pathForm = PathForm.Invalid;
        _insteadOfTarget = null;
        _withoutCertificate = false;
        Host = null;
        Route = null;
        Backend = null;
        Canary = null;
        SessionCookies.Clear();
        IsRewritten = false;
        _rewrittenTarget.Clear();
        _rewrittenPath.Clear();
        Groups.Clear();
        ForwardedPrefix.Clear();
        HasForwardedPrefix = false;
        Location.Clear();
        EndErrorPage();
        EndInternalRedirects();
        Compression = default;
        Challenge = null;
        AuthAnswer = null;
        BeginAuthQuestion();
        Scratch.Clear();
        BeginOutcome(startedTimestamp);
    }

    /// <summary>The client after real-ip handling: whom access rules look at (<c>$remote_addr</c>).</summary>
    public ClientAddress Client
    {
        get
        {
            ResolveClient();
            return _client;
        }
    }

    /// <summary>The client's port; 0 when the address came from a header without one.</summary>
    public int ClientPort
    {
        get
        {
            ResolveClient();
            return _clientPort;
        }
    }

    public ReadOnlySpan<byte> ClientText
    {
        get
        {
            ResolveClient();
            if (_client == Connection.Peer)
            {
                return Connection.PeerText;
            }

            if (_clientTextLength == 0)
            {
                _clientTextLength = AddressText.Format(in _client, _clientText);
            }

            return _clientText.AsSpan(0, _clientTextLength);
        }
    }

    /// <summary>The scheme that counts for redirects and backends (<c>$pass_access_scheme</c>); any text when the header is trusted.</summary>
    public ReadOnlySpan<byte> EffectiveScheme => Settings.Identity.Scheme(this);

    /// <summary>The scheme of this connection (<c>$scheme</c>).</summary>
    public ReadOnlySpan<byte> ConnectionScheme => Connection.IsTls ? "https"u8 : "http"u8;

    /// <summary>The Host to tell backends and to redirect to, with its port (<c>$best_http_host</c>).</summary>
    public ReadOnlySpan<byte> BestHost => Settings.Identity.Host(this);

    /// <summary>
    /// The host that was routed by, lower case, without port and trailing dot (<c>$host</c>); the name of the virtual host
    /// when the request names none.
    /// </summary>
    public ReadOnlySpan<byte> HostName
    {
        get
        {
            if (!_hostNameKnown)
            {
                _hostNameKnown = true;
                var authority = Head.Authority;
                if (HostNames.TryNormalize(authority, _hostName.Reserve(authority.Length), out var host))
                {
                    // It may stand there already, which is as good a place to copy from as any.
                    _hostName.Append(host);
                }
            }

            return _hostName.Length > 0 ? _hostName.Written : ServerName;
        }
    }

    /// <summary>The name of the virtual host (<c>$server_name</c>).</summary>
    public ReadOnlySpan<byte> ServerName => Route is { Policies.Labels.Host: { Length: > 0 } host } ? host : "_"u8;

    /// <summary>Whether the request names a host at all; an HTTP/1.0 request need not.</summary>
    public bool HasHost => Head.AuthorityRange.Length > 0;

    /// <summary>The path that routes are chosen by: decoded, slashes merged, dots resolved. The raw path before <see cref="NormalizePath"/>.</summary>
    public ReadOnlySpan<byte> NormalizedPath => _pathForm switch
    {
        PathForm.AsSent => (_insteadOfTarget ?? Head.PathAndQuery)[.._pathLength],
        PathForm.Resolved => _pathScratch.AsSpan(0, _pathLength),
        _ => _insteadOfTarget ?? Head.Path,
    };

    /// <summary>Works <see cref="NormalizedPath"/> out; false when the path is none (400).</summary>
    public bool NormalizePath()
    {
        var raw = _insteadOfTarget ?? Head.Path;
        if (_pathScratch.Length < raw.Length)
        {
            _pathScratch = new byte[raw.Length];
        }

        _pathForm = Routing.NormalizedPath.Normalize(raw, _pathScratch, out _pathLength);
        return _pathForm != PathForm.Invalid;
    }

    /// <summary>
    /// The id that goes to the backend and into the log (<c>$req_id</c>): the client's, else one made up, else empty when
    /// <c>generate-request-id</c> is off.
    /// </summary>
    public ReadOnlySpan<byte> RequestId =>
        Head.Headers.TryGet(HeaderId.XRequestId, out var id) && id.Length > 0 ? id
        : Settings.Model.GenerateRequestId ? GeneratedId
        : default;

    /// <summary>An id that no other request has, whatever the client says (<c>$request_id</c>).</summary>
    public ReadOnlySpan<byte> GeneratedId
    {
        get
        {
            if (!_idGenerated)
            {
                RequestIds.Write(_generatedId);
                _idGenerated = true;
            }

            return _generatedId;
        }
    }

    /// <summary>
    /// Whether the backend is asked to change protocols. As in ingress-nginx an Upgrade header is enough; the caller writes
    /// <c>Connection: upgrade</c> and the header itself.
    /// </summary>
    public bool WantsUpgrade => Head.WantsUpgrade;

    /// <summary>The host that the request is for; null before routing.</summary>
    public CompiledHost? Host { get; set; }

    /// <summary>The certificate that the request counts with; none once it goes on as somebody's without one.</summary>
    public TlsPeerCertificate? ClientCertificate => _withoutCertificate ? null : Connection.ClientCertificate;

    /// <summary>Whether the request goes on as a GET (or HEAD) of another path: an error page, or where a backend sent it.</summary>
    public bool ContinuesAsGet => _insteadOfTarget is not null;

    /// <summary>The method that the backend gets.</summary>
    public ReadOnlySpan<byte> ForwardedMethod => ContinuesAsGet && Head.Method != HttpMethod.Head ? "GET"u8 : Head.MethodToken;

    /// <summary>Goes on as a GET of a path of the same host, without query and without client certificate; before the route is chosen.</summary>
    public void ContinueAsGet(byte[] path)
    {
        _insteadOfTarget = path;
        _withoutCertificate = true;
    }

    /// <summary>The query without its question mark (<c>$args</c>): that of the path the request goes on with.</summary>
    public ReadOnlySpan<byte> Query
    {
        get
        {
            if (_insteadOfTarget is not { } target)
            {
                return Head.Query;
            }

            var mark = target.IndexOf((byte)'?');
            return mark < 0 ? default : target.AsSpan(mark + 1);
        }
    }

    /// <summary>Adds <c>SUCCESS</c>, <c>NONE</c> or <c>FAILED:</c> with OpenSSL's reason (<c>$ssl_client_verify</c>); false on plain connections.</summary>
    public bool TryAppendClientVerification(ByteBuilder output)
    {
        if (!Connection.IsTls)
        {
            return false;
        }

        if (ClientCertificate is null)
        {
            output.Append("NONE"u8);
        }
        else if (Connection.ClientVerificationResult == TlsClientVerification.Verified)
        {
            output.Append("SUCCESS"u8);
        }
        else
        {
            output.Append("FAILED:"u8);
            output.Append(Encoding.UTF8.GetBytes(TlsSession.DescribeVerification(Connection.ClientVerificationResult)));
        }

        return true;
    }

    /// <summary>The rule that took the request; null before routing and when none did.</summary>
    public CompiledRoute? Route { get; set; }

    /// <summary>The policies of <see cref="Route"/>, or those of a request that no route took.</summary>
    public RoutePolicies Policies => Route?.Policies ?? Settings.WithoutRoute;

    /// <summary>The backend that was drawn among the route's; null before the draw.</summary>
    public BackendState? Backend { get; set; }

    /// <summary>The canary of <see cref="Backend"/> when it takes this request; else null.</summary>
    public BackendState? Canary { get; set; }

    /// <summary>Where the request is sent. An error page comes from <see cref="Backend"/>, whoever has answered before.</summary>
    public BackendState? Destination => IsErrorPage ? Backend : Canary ?? Backend;

    /// <summary>The target of a copy while its head is written; whoever writes to it clears it first.</summary>
    public ByteBuilder MirrorTarget { get; } = new();

    /// <summary>Set-Cookie lines of sessions that begin with this request, joined by line feeds.</summary>
    public ByteBuilder SessionCookies { get; } = new();

    /// <summary>The canary backend's name, or empty.</summary>
    public byte[] AlternativeUpstreamName => Canary is null ? [] : Canary.NameBytes;

    /// <summary>Whether a rewrite took place, so that the path of <see cref="ForwardedTarget"/> is not the client's.</summary>
    public bool IsRewritten { get; private set; }

    /// <summary>Path and query as the backend gets them: the client's own bytes unless a rewrite took place.</summary>
    public ReadOnlySpan<byte> ForwardedTarget => IsRewritten ? _rewrittenTarget.Written : _insteadOfTarget ?? Head.PathAndQuery;

    /// <summary>The decoded path (<c>$uri</c>), after a rewrite the new one.</summary>
    public ReadOnlySpan<byte> CurrentPath => IsRewritten ? _rewrittenPath.Written : NormalizedPath;

    /// <summary>Groups of the rewrite expression's match.</summary>
    public MatchGroups Groups { get; } = new();

    /// <summary>The value of X-Forwarded-Prefix when <see cref="HasForwardedPrefix"/>.</summary>
    public ByteBuilder ForwardedPrefix { get; } = new();

    public bool HasForwardedPrefix { get; set; }

    /// <summary>What is done to compress the response that is passed on.</summary>
    public CompressionChoice Compression { get; set; }

    /// <summary>The Location of an answer that the gateway makes itself; empty for none.</summary>
    public ByteBuilder Location { get; } = new();

    /// <summary>What the client is asked for with a 401 that the gateway makes; null for nothing.</summary>
    public byte[]? Challenge { get; set; }

    /// <summary>What the authentication service said about the request; null when none was asked.</summary>
    public AuthAnswer? AuthAnswer { get; set; }

    /// <summary>Notes that the request counts in a zone until <see cref="LeaveConnectionZone"/>.</summary>
    public void EnterConnectionZone(ConnectionZone zone, UInt128 client) => _connectionPlace = new ConnectionPlace(zone, client);

    /// <summary>Called before the last bytes of a response go out, and at the end of every exchange.</summary>
    public void LeaveConnectionZone() => TakeConnectionPlace().Leave();

    /// <summary>The place in the zone becomes somebody else's, who leaves it.</summary>
    public ConnectionPlace TakeConnectionPlace()
    {
        var place = _connectionPlace;
        _connectionPlace = default;
        return place;
    }

    /// <summary>
    /// Begins a rewrite: the builders take the decoded path and the encoded target. Both may still be read through
    /// <see cref="CurrentPath"/> as they were, until <see cref="CompleteRewrite"/>.
    /// </summary>
    public (ByteBuilder Path, ByteBuilder Target) BeginRewrite()
    {
        _rewrittenPath.Clear();
        _rewrittenTarget.Clear();
        return (_rewrittenPath, _rewrittenTarget);
    }

    public void CompleteRewrite() => IsRewritten = true;

    private void ResolveClient()
    {
        if (!_clientKnown)
        {
            (_client, _clientPort) = Settings.Identity.Client(this);
            _clientKnown = true;
        }
    }
}
