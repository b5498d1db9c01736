namespace Portico.Kubernetes.Api.Configuration;

/// <summary>The way to the API server cannot be read. The message names the file, the field and what to do.</summary>
public sealed class ApiConfigurationException : Exception
{
    public ApiConfigurationException()
    {
    }

    public ApiConfigurationException(string message)
        : base(message)
    {
    }

    public ApiConfigurationException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
