using Portico.Http.Http1;
using Portico.Net;
using Portico.Net.Sockets;

namespace Portico.Http.Http2;

/// <summary>
/// What the HTTP/2 connections of one shard share: free exchanges, and who hears of defences. Handler, limits and draining are those of
/// the HTTP/1 server of the same port.
/// </summary>
/// <param name="http1">The server of the port's other version.</param>
/// <param name="defences">Counts what clients were cut off for.</param>
/// <param name="onDefence">Told of each, for the log.</param>
/// <param name="reportDefect">Told of exceptions that a handler let through.</param>
public sealed class Http2Server(
    Http1Server http1, Http2DefenceCounters defences, Action<Connection, Http2Defence> onDefence, Action<Exception> reportDefect)
{
    private const int MostKept = 4096;

    private readonly Stack<Http2Exchange> _free = new();
    private readonly Stack<Http2FieldList> _freeFields = new();

    public IExchangeHandler Handler => http1.Handler;

    public Http1Limits Limits => http1.Limits;

    public bool IsDraining => http1.IsDraining;

    internal Http2Exchange RentExchange(Shard shard)
    {
        shard.AssertOwned();
        return _free.TryPop(out var exchange) ? exchange : new Http2Exchange(this);
    }

    internal void Return(Http2Exchange exchange)
    {
        if (_free.Count < MostKept)
        {
            _free.Push(exchange);
        }
    }

    internal Http2FieldList RentFields() => _freeFields.TryPop(out var fields) ? fields : new Http2FieldList();

    internal void Return(Http2FieldList fields)
    {
        if (_freeFields.Count < MostKept)
        {
            fields.Clear();
            _freeFields.Push(fields);
        }
    }

    internal void Defend(Connection connection, Http2Defence defence)
    {
        defences.Count(defence);
        onDefence(connection, defence);
    }

    internal void ReportDefect(Exception defect) => reportDefect(defect);
}
