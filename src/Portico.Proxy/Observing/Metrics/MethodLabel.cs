using HttpMethod = Portico.Http.Messages.HttpMethod;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>
/// The method label of request metrics. Clients may invent methods at will, so only registered ones get a series of their
/// own and the rest share <c>OTHER</c>; ingress-nginx would make a series of each.
/// </summary>
public static class MethodLabel
{
    private const int Other = 0;

    private static readonly string[] Names =
    [
        "OTHER", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "LOCK",
        "UNLOCK", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "SEARCH", "REPORT", "PURGE", "QUERY",
    ];

    private static readonly byte[][] Tokens = [.. Names.Select(System.Text.Encoding.ASCII.GetBytes)];

    public static int Count => Names.Length;

    public static string NameOf(int id) => Names[id];

    /// <summary>The label's number for a request.</summary>
    public static int Of(HttpMethod method, ReadOnlySpan<byte> token) => method switch
    {
        HttpMethod.Get => 1,
        HttpMethod.Head => 2,
        HttpMethod.Post => 3,
        HttpMethod.Put => 4,
        HttpMethod.Delete => 5,
        HttpMethod.Patch => 6,
        HttpMethod.Options => 7,
        HttpMethod.Trace => 8,
        HttpMethod.Connect => 9,
        HttpMethod.Lock => 10,
        _ => OfRareToken(token),
    };

    private static int OfRareToken(ReadOnlySpan<byte> token)
    {
        for (var id = 1; id < Tokens.Length; id++)
        {
            // Method names are case-sensitive (RFC 9110, 9.1).
            if (token.SequenceEqual(Tokens[id]))
            {
                return id;
            }
        }

        return Other;
    }
}
