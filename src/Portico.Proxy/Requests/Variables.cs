using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Portico.Proxy.Requests;

/// <summary>
/// The variables of nginx and ingress-nginx that Portico knows: each name stands once, whole, beside the code that reads
/// its value. The tables are in <c>Variables.Request.cs</c>, <c>Variables.Connection.cs</c> and <c>Variables.Exchange.cs</c>.
/// </summary>
internal static partial class Variables
{
    private static readonly FrozenDictionary<string, Variable> Fixed = RequestVariables()
        .Concat(ConnectionVariables())
        .Concat(ExchangeVariables())
        .Select(v => (v.Name, Variable: new FixedVariable(v.Reader, isOutcome: false)))
        .Concat(OutcomeVariables().Select(v => (v.Name, Variable: new FixedVariable(v.Reader, isOutcome: true))))
        .ToFrozenDictionary(v => v.Name, v => (Variable)v.Variable);

    private static readonly (string Prefix, Func<string, Variable> Create)[] Prefixed =
    [
        ("http_", name => new RequestHeaderVariable(name)),
        ("upstream_http_", name => new UpstreamHeaderVariable(name)),
        ("sent_http_", name => new UpstreamHeaderVariable(name)),
        ("arg_", name => new ArgumentVariable(name)),
        ("cookie_", name => new CookieVariable(name)),
    ];

    /// <summary>All names without a parameter, for documentation and completion.</summary>
    public static IEnumerable<string> Names => Fixed.Keys.Order(StringComparer.Ordinal);

    /// <param name="name">Lower case, without the dollar sign.</param>
    public static bool TryFind(string name, [NotNullWhen(true)] out Variable? variable)
    {
        if (Fixed.TryGetValue(name, out variable))
        {
            return true;
        }

        foreach (var (prefix, create) in Prefixed)
        {
            if (name.Length > prefix.Length && name.StartsWith(prefix, StringComparison.Ordinal))
            {
                variable = create(name[prefix.Length..]);
                return true;
            }
        }

        return false;
    }

    private static bool Append(ByteBuilder output, ReadOnlySpan<byte> value)
    {
        output.Append(value);
        return true;
    }

    /// <summary>Adds what is there; nothing there means unset.</summary>
    private static bool AppendUnlessEmpty(ByteBuilder output, ReadOnlySpan<byte> value)
    {
        output.Append(value);
        return value.Length > 0;
    }

    private static bool AppendNumber(ByteBuilder output, long value)
    {
        output.AppendDecimal(value);
        return true;
    }

    private readonly record struct Declaration(string Name, VariableReader Reader);
}
