using System.Text;
using Portico.Http.Messages;
using Portico.Proxy.Headers;

namespace Portico.Proxy.Requests;

/// <summary>A value that nginx configuration names with a dollar sign. Immutable, shared by all shards.</summary>
internal abstract class Variable
{
    /// <summary>Whether only the end of the exchange can tell the value.</summary>
    public virtual bool IsOutcome => false;

    /// <summary>
    /// Adds the value, which may be empty; returns false and adds nothing when the variable is unset, which the access log
    /// prints as a hyphen.
    /// </summary>
    public abstract bool TryAppend(RequestContext context, ByteBuilder output);

    protected static bool Append(ByteBuilder output, ReadOnlySpan<byte> value)
    {
        output.Append(value);
        return true;
    }
}

/// <summary>How a variable of the table in <see cref="Variables"/> adds its value.</summary>
internal delegate bool VariableReader(RequestContext context, ByteBuilder output);

/// <summary>A variable without a parameter in its name.</summary>
internal sealed class FixedVariable(VariableReader reader, bool isOutcome) : Variable
{
    public override bool IsOutcome => isOutcome;

    public override bool TryAppend(RequestContext context, ByteBuilder output) => reader(context, output);
}

/// <summary><c>$1</c>, or a named group.</summary>
internal sealed class GroupVariable(int number) : Variable
{
    public override bool TryAppend(RequestContext context, ByteBuilder output) =>
        number < context.Groups.Count && Append(output, context.Groups[number]);
}

/// <summary>
/// <c>$http_name</c>: a header of the request. Hyphens of the header are underscores in the variable; a header that the
/// gateway drops because of its name is not seen here either.
/// </summary>
internal sealed class RequestHeaderVariable(string name) : Variable
{
    private readonly HeaderVariableName _name = new(name);

    public override bool TryAppend(RequestContext context, ByteBuilder output) =>
        _name.TryAppend(context.Head.Headers, context.Settings.HeaderNames, output);
}

/// <summary><c>$upstream_http_name</c> and <c>$sent_http_name</c>: a header of the backend's response.</summary>
internal sealed class UpstreamHeaderVariable(string name) : Variable
{
    private readonly HeaderVariableName _name = new(name);

    public override bool TryAppend(RequestContext context, ByteBuilder output) =>
        context.UpstreamHeaders is { } headers && _name.TryAppend(headers, null, output);
}

/// <summary>The part of a variable's name that stands for a header's name.</summary>
internal sealed class HeaderVariableName
{
    private readonly byte[] _name;
    private readonly HeaderId _id;

    public HeaderVariableName(string name)
    {
        _name = Encoding.ASCII.GetBytes(name.Replace('_', '-'));
        _id = KnownHeaders.Find(_name);
    }

    public bool TryAppend(HeaderBlock headers, HeaderNameRules? rules, ByteBuilder output)
    {
        if (_id != HeaderId.Other && !headers.Has(_id))
        {
            return false;
        }

        var found = false;
        foreach (ref readonly var field in headers.Fields)
        {
            if (!Matches(headers, in field, rules))
            {
                continue;
            }

            if (found)
            {
                output.Append(_id == HeaderId.Cookie ? "; "u8 : ", "u8);
            }

            output.Append(headers.Value(in field));
            found = true;
        }

        return found;
    }

    private bool Matches(HeaderBlock headers, in HeaderField field, HeaderNameRules? rules)
    {
        if (_id != HeaderId.Other)
        {
            return field.Id == _id;
        }

        if (field.Id != HeaderId.Other || field.NameLength != _name.Length)
        {
            return false;
        }

        var name = headers.Name(in field);
        for (var i = 0; i < name.Length; i++)
        {
            var letter = name[i] == '_' ? (byte)'-' : name[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(name[i] | 0x20) : name[i];
            if (letter != _name[i])
            {
                return false;
            }
        }

        return rules is null || rules.Accepts(name);
    }
}

/// <summary><c>$arg_name</c>: the first argument of that name in the query, as sent; letters in either case.</summary>
internal sealed class ArgumentVariable(string name) : Variable
{
    private readonly byte[] _name = Encoding.ASCII.GetBytes(name);

    public override bool TryAppend(RequestContext context, ByteBuilder output)
    {
        var rest = context.Query;
        while (rest.Length > 0)
        {
            var end = rest.IndexOf((byte)'&');
            var argument = end < 0 ? rest : rest[..end];
            if (argument.Length > _name.Length && argument[_name.Length] == '=' && Ascii.EqualsIgnoreCase(argument[.._name.Length], _name))
            {
                return Append(output, argument[(_name.Length + 1)..]);
            }

            rest = end < 0 ? default : rest[(end + 1)..];
        }

        return false;
    }
}

/// <summary><c>$cookie_name</c>: the first cookie of that name; letters in either case.</summary>
internal sealed class CookieVariable(string name) : Variable
{
    private readonly byte[] _name = Encoding.ASCII.GetBytes(name);

    public override bool TryAppend(RequestContext context, ByteBuilder output)
    {
        var headers = context.Head.Headers;
        if (!headers.Has(HeaderId.Cookie))
        {
            return false;
        }

        foreach (ref readonly var field in headers.Fields)
        {
            if (field.Id == HeaderId.Cookie && TryFind(headers.Value(in field), out var value))
            {
                return Append(output, value);
            }
        }

        return false;
    }

    private bool TryFind(ReadOnlySpan<byte> cookies, out ReadOnlySpan<byte> value)
    {
        value = default;
        while (cookies.Length > 0)
        {
            var end = cookies.IndexOf((byte)';');
            var cookie = (end < 0 ? cookies : cookies[..end]).Trim((byte)' ');
            var equals = cookie.IndexOf((byte)'=');
            if (equals >= 0 && Ascii.EqualsIgnoreCase(cookie[..equals].TrimEnd((byte)' '), _name))
            {
                value = cookie[(equals + 1)..].TrimStart((byte)' ');
                return true;
            }

            cookies = end < 0 ? default : cookies[(end + 1)..];
        }

        return false;
    }
}
