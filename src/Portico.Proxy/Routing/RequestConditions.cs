using System.Text;
using Portico.Http.Messages;
using Portico.Proxy.Routing.Patterns;

namespace Portico.Proxy.Routing;

/// <summary>
/// What a route asks of a request besides its path: method, headers, query parameters. Immutable; read by all shards.
/// </summary>
internal sealed class RequestConditions
{
    public static RequestConditions None { get; } = new();

    /// <summary>The method token, compared byte for byte; null for any.</summary>
    public byte[]? Method { get; init; }

    public ValueCondition[] Headers { get; init; } = [];

    public ValueCondition[] QueryParameters { get; init; } = [];

    public bool Hold(RequestHead head) =>
        ReferenceEquals(this, None) || (MethodHolds(head) && HeadersHold(head.Headers) && QueryHolds(head.Query));

    private bool MethodHolds(RequestHead head) => Method is null || head.MethodToken.SequenceEqual(Method);

    private bool HeadersHold(HeaderBlock headers)
    {
        foreach (var condition in Headers)
        {
            if (!AnyLineHolds(headers, condition))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A header that is sent several times holds when one of its lines does.</summary>
    private static bool AnyLineHolds(HeaderBlock headers, ValueCondition condition)
    {
        foreach (ref readonly var field in headers.Fields)
        {
            if (Ascii.EqualsIgnoreCase(headers.Name(in field), condition.Name) && condition.Holds(headers.Value(in field)))
            {
                return true;
            }
        }

        return false;
    }

    private bool QueryHolds(ReadOnlySpan<byte> query)
    {
        foreach (var condition in QueryParameters)
        {
            if (!TryFindParameter(query, condition.Name, out var value) || !condition.HoldsDecoded(value))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The first parameter of that name counts (Gateway API), its name percent-decoded.</summary>
    private static bool TryFindParameter(ReadOnlySpan<byte> query, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        while (!query.IsEmpty)
        {
            var ampersand = query.IndexOf((byte)'&');
            var pair = ampersand < 0 ? query : query[..ampersand];
            query = ampersand < 0 ? default : query[(ampersand + 1)..];
            var equals = pair.IndexOf((byte)'=');
            if (PercentEncoding.DecodedEquals(equals < 0 ? pair : pair[..equals], name))
            {
                value = equals < 0 ? default : pair[(equals + 1)..];
                return true;
            }
        }

        value = default;
        return false;
    }
}
