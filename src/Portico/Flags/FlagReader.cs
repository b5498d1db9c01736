using System.Diagnostics.CodeAnalysis;

namespace Portico.Flags;

/// <summary>
/// Reads arguments the way ingress-nginx does (Go's pflag): <c>--flag=value</c>, <c>--flag value</c>, boolean flags that
/// never take the next argument, the last mention wins, <c>--</c> ends the flags. A single dash is read like two, which
/// covers klog's <c>-v=5</c>. Goes on after an error, so that one run shows all of them.
/// </summary>
internal sealed class FlagReader(IReadOnlyList<string> arguments)
{
    private readonly FlagValues _values = new();
    private readonly List<string> _errors = [];
    private int _next;

    public IReadOnlyList<string> Errors => _errors;

    public FlagValues Read()
    {
        while (_next < arguments.Count)
        {
            var argument = arguments[_next++];
            if (argument == "--")
            {
                RefuseRest();
            }
            else if (argument.Length > 1 && argument[0] == '-')
            {
                ReadFlag(argument);
            }
            else
            {
                RefuseStray(argument);
            }
        }

        return _values;
    }

    private void ReadFlag(string argument)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        var name = (equals < 0 ? argument : argument[..equals]).TrimStart('-');
        var value = equals < 0 ? null : argument[(equals + 1)..];
        if (!ServeFlags.TryFind(name, out var flag) && !TryFindWithValueAttached(name, ref value, out flag))
        {
            RefuseUnknown(name);
            return;
        }

        value ??= flag.IsSwitch ? "true" : TakeNext();
        if (value is null)
        {
            _errors.Add($"{flag} needs a value: {flag.Expected}");
        }
        else if (!_values.TryTake(flag, value))
        {
            _errors.Add($"{flag}={value}: expected {flag.Expected}");
        }
    }

    /// <summary>The next argument, unless it is a flag itself: then the value was forgotten.</summary>
    private string? TakeNext()
    {
        if (_next == arguments.Count)
        {
            return null;
        }

        var next = arguments[_next];
        if (next.StartsWith("--", StringComparison.Ordinal) && ServeFlags.TryFind(next[2..].Split('=')[0], out _))
        {
            return null;
        }

        _next++;
        return next;
    }

    /// <summary>klog's verbosity is also written <c>-v5</c>.</summary>
    private static bool TryFindWithValueAttached(string name, ref string? value, [NotNullWhen(true)] out Flag? flag)
    {
        flag = null;
        if (value is not null || name.Length < 2 || name[0] != 'v' || name.AsSpan(1).ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        value = name[1..];
        return ServeFlags.TryFind("v", out flag);
    }

    private void RefuseUnknown(string name)
    {
        // Whatever follows was probably meant as its value; a second error about it would only be noise.
        if (_next < arguments.Count && !arguments[_next].StartsWith('-'))
        {
            _next++;
        }

        var meant = ClosestName.Find(name, ServeFlags.All.Select(f => f.Name));
        _errors.Add(meant is null ? $"--{name} is not a flag of serve" : $"--{name} is not a flag of serve; did you mean --{meant}?");
    }

    private void RefuseStray(string argument)
    {
        var before = _next > 1 ? arguments[_next - 2].TrimStart('-') : "";
        _errors.Add(ServeFlags.TryFind(before, out var flag) && flag.IsSwitch
            ? $"'{argument}' is not expected here; write --{before}={argument}"
            : $"'{argument}' is not expected here; serve takes only flags");
    }

    private void RefuseRest()
    {
        for (; _next < arguments.Count; _next++)
        {
            _errors.Add($"'{arguments[_next]}' is not expected here; serve takes only flags");
        }
    }
}
