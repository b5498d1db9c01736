namespace Portico.Kubernetes.Api;

/// <summary>The API server refused a request, or could not do it.</summary>
public sealed class ApiException : Exception
{
    public ApiException(ApiStatus status)
        : base(status.Reason.Length > 0 ? $"{status.Code} {status.Reason}: {status.Message}" : $"{status.Code}: {status.Message}") =>
        Status = status;

    public ApiStatus Status { get; }

    /// <summary>What the server says will not change by asking again: permissions, absence, a wrong request.</summary>
    public bool IsRefusal => Status.Code is 400 or 401 or 403 or 404 or 405 or 422;
}
