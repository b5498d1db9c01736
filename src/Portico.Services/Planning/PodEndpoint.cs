namespace Portico.Services.Planning;

/// <summary>An address and a port that take a Service's traffic. The address is in its canonical text.</summary>
internal readonly record struct PodEndpoint(string Address, int Port);
