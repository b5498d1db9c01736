namespace Portico.Http.Http1;

/// <summary>Where a server is on its way to its end.</summary>
public enum ServerPhase
{
    Serving,

    /// <summary>Connections and requests are taken as before, and every HTTP/1 response says <c>Connection: close</c>: clients go elsewhere one after the other.</summary>
    Leaving,

    /// <summary>No connection waits for another request.</summary>
    Draining,
}
