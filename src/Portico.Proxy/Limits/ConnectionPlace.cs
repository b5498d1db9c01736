namespace Portico.Proxy.Limits;

/// <summary>One request's place among those of its client in a zone; nothing where there is no limit. Left once.</summary>
internal readonly record struct ConnectionPlace(ConnectionZone? Zone, UInt128 Client)
{
    public void Leave() => Zone?.Exit(Client);
}
