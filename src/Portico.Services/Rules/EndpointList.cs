using Portico.Services.Planning;

namespace Portico.Services.Rules;

/// <summary>
/// The endpoints of a list in numbered places without holes, so that a random number below the count finds one. One that leaves is replaced
/// by the last: two places change, however long the list is. Endpoints keep their own number for as long as they stay.
/// </summary>
internal sealed class EndpointList
{
    private readonly List<(PodEndpoint Endpoint, uint Number)> _places = [];

    public int Count => _places.Count;

    public IReadOnlyList<(PodEndpoint Endpoint, uint Number)> Places => _places;

    /// <param name="nextNumber">Gives a number that no endpoint had for long.</param>
    public void Update(IReadOnlyList<PodEndpoint> endpoints, Func<uint> nextNumber)
    {
        var wanted = endpoints.ToHashSet();
        for (var i = _places.Count - 1; i >= 0; i--)
        {
            if (!wanted.Remove(_places[i].Endpoint))
            {
                _places[i] = _places[^1];
                _places.RemoveAt(_places.Count - 1);
            }
        }

        foreach (var endpoint in endpoints.Where(wanted.Contains))
        {
            _places.Add((endpoint, nextNumber()));
        }
    }
}
