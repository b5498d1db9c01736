namespace Portico.Net;

/// <summary>
/// Something that is better done once for all events of a turn than once for each: gathering many streams' output into one write.
/// </summary>
public interface ITurnWork
{
    /// <summary>Called on the shard's thread behind the turn's events and timers. May ask for another call, which comes in the same turn.</summary>
    void OnTurnEnd();
}
