namespace Portico.Services.Planning;

/// <summary>A port of a Service, the unit that is programmed: rules, affinity and lists of endpoints belong to it.</summary>
internal readonly record struct ServicePortName(string Namespace, string Service, string Port, string Protocol)
{
    public override string ToString() => Port.Length == 0 ? $"{Namespace}/{Service}" : $"{Namespace}/{Service}:{Port}";
}
