namespace Portico.Model.Policies;

/// <summary>The header of the PROXY protocol that a backend is sent.</summary>
public enum ProxyProtocolVersion
{
    None,

    /// <summary>A line of text.</summary>
    V1,

    /// <summary>Binary.</summary>
    V2,
}
