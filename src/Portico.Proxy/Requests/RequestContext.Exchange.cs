using Portico.Http;
using Portico.Proxy.Balancing;
using Portico.Proxy.Policies;
using Portico.Proxy.Routing;
using Portico.Proxy.Serving;

namespace Portico.Proxy.Requests;

/// <summary>How an exchange and the snapshot in force enter the context, and what routing leaves there.</summary>
internal sealed partial class RequestContext
{
    private byte[] _pathScratch = new byte[1024];

    /// <summary>The table of the snapshot that the request began with.</summary>
    public RoutingTable? Table { get; private set; }

    /// <summary>The backend that was drawn; null until then and when there is none.</summary>
    public BackendState? Backend { get; set; }

    public void Begin(Exchange exchange, Snapshot snapshot)
    {
        var facts = (ConnectionFacts)exchange.Connection.Facts!;
        facts.Requests = exchange.RequestNumber;
        Begin(exchange.Request, facts, snapshot.Settings, TlsHostSet.Empty, exchange.StartedTicks);
        Table = snapshot.Table;
        Backend = null;
    }

    /// <summary>Works out <see cref="NormalizedPath"/>. False means 400.</summary>
    public bool NormalizePath()
    {
        var raw = Head.Path;
        if (raw.Length > _pathScratch.Length)
        {
            _pathScratch = new byte[raw.Length];
        }

        switch (Routing.NormalizedPath.Normalize(raw, _pathScratch, out var length))
        {
            case PathForm.AsSent:
                var start = Head.PathAndQueryRange.Length == 0 ? 0 : Head.PathAndQueryRange.Start;
                if (Head.PathAndQueryRange.Length == 0)
                {
                    _pathScratch[0] = (byte)'/';
                }

                SetNormalizedPath(Head.PathAndQueryRange.Length == 0 ? _pathScratch : Head.Headers.Buffer, start, length);
                return true;
            case PathForm.Resolved:
                SetNormalizedPath(_pathScratch, 0, length);
                return true;
            default:
                return false;
        }
    }
}
