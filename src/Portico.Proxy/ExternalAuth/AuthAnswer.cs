using System.Text;
using Portico.Http.Messages;

namespace Portico.Proxy.ExternalAuth;

/// <summary>What an authentication service said, as far as it matters: never its body. Immutable; kept ones are shared by all shards.</summary>
internal sealed class AuthAnswer
{
    /// <summary>The service could not be asked, or answered no HTTP.</summary>
    public static AuthAnswer Failed { get; } = new() { Status = 0 };

    public required int Status { get; init; }

    /// <summary>Whether the request may go on.</summary>
    public bool Admits => Status is >= 200 and < 300;

    /// <summary>Values of the headers that the backend gets, in the order of the policy's names; null for those that the answer lacks.</summary>
    public byte[]?[] ForBackend { get; init; } = [];

    /// <summary>Each Set-Cookie line.</summary>
    public byte[][] Cookies { get; init; } = [];

    /// <summary>Each WWW-Authenticate line.</summary>
    public byte[][] Challenges { get; init; } = [];

    /// <summary>Takes over what matters of a response.</summary>
    public static AuthAnswer Read(ResponseHead response, ReadOnlySpan<byte[]> names)
    {
        var headers = response.Headers;
        var values = new byte[]?[names.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Joined(headers, names[i]);
        }

        return new AuthAnswer
        {
            Status = response.Status,
            ForBackend = values,
            Cookies = Lines(headers, "Set-Cookie"u8),
            Challenges = response.Status == 401 ? Lines(headers, "WWW-Authenticate"u8) : [],
        };
    }

    /// <summary>Several lines of one name are one list, as in nginx's <c>$upstream_http_</c> variables.</summary>
    private static byte[]? Joined(HeaderBlock headers, ReadOnlySpan<byte> name)
    {
        var lines = Lines(headers, name);
        return lines.Length switch
        {
            0 => null,
            1 => lines[0],
            _ => [.. lines.Skip(1).Aggregate((IEnumerable<byte>)lines[0], static (all, line) => all.Append((byte)',').Append((byte)' ').Concat(line))],
        };
    }

    private static byte[][] Lines(HeaderBlock headers, ReadOnlySpan<byte> name)
    {
        List<byte[]>? lines = null;
        foreach (ref readonly var field in headers.Fields)
        {
            if (field.NameLength == name.Length && Ascii.EqualsIgnoreCase(headers.Name(in field), name))
            {
                (lines ??= []).Add(headers.Value(in field).ToArray());
            }
        }

        return lines is null ? [] : [.. lines];
    }
}
