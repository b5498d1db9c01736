using Portico.Proxy.Requests;

namespace Portico.Proxy.Observing.AccessLog;

/// <summary>The variables of one log format by number. Filled while the format is compiled, read-only afterwards.</summary>
internal sealed class LogVariableTable
{
    private readonly List<Variable> _variables = [];

    public Variable this[int number] => _variables[number];

    /// <summary>The number of a variable; null when there is none of that name.</summary>
    public int? Resolve(string name)
    {
        if (!Variables.TryFind(name, out var variable))
        {
            return null;
        }

        _variables.Add(variable);
        return _variables.Count - 1;
    }
}

/// <summary>The log's view of a request: evaluates variables into the line. One for each shard, used on its thread only.</summary>
internal sealed class RequestLogVariables : ILogVariables
{
    public RequestContext Context { get; set; } = null!;

    public LogVariableTable Table { get; set; } = null!;

    public bool TryAppend(int variable, ByteBuilder line) => Table[variable].TryAppend(Context, line);
}
