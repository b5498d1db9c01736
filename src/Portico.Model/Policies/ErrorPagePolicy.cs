namespace Portico.Model.Policies;

/// <summary>
/// Errors that are answered by an error backend: that of <see cref="Route.Substitute"/> when it has endpoints, else the default backend of
/// the installation, else the built-in 404 page. Holds for answers that the gateway makes itself as well as for those of backends.
/// </summary>
/// <param name="Statuses">The statuses that are replaced, ascending, 300 to 599.</param>
/// <param name="InterceptsBackend">Whether responses of backends with such a status are replaced too.</param>
public sealed record ErrorPagePolicy(StatusList Statuses, bool InterceptsBackend);
