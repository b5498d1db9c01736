using Portico.Proxy.Requests;

namespace Portico.Proxy.Observing.AccessLog;

/// <summary>Tells the values of nginx variables for the request that is being logged. The log's only view of a request.</summary>
internal interface ILogVariables
{
    /// <summary>Appends the value as it is, without any escaping; false, and nothing appended, when the variable is unset.</summary>
    /// <param name="variable">The number that the format was compiled with.</param>
    bool TryAppend(int variable, ByteBuilder line);
}
