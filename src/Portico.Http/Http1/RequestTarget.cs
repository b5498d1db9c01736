using System.Text;
using Portico.Http.Messages;

namespace Portico.Http.Http1;

/// <summary>
/// The forms of a request target (RFC 9112, 3.2): <c>/path?query</c> and <c>http://authority/path?query</c>. The authority form
/// (CONNECT) and the asterisk form are refused: a gateway has no use for them, and nginx refuses them too.
/// </summary>
internal static class RequestTarget
{
    public static ParseError Parse(ReadOnlySpan<byte> bytes, int start, int end, RequestHead head)
    {
        var target = bytes[start..end];
        if (target.ContainsAny(CharacterTables.ForbiddenInTarget))
        {
            return target.Contains((byte)' ') ? ParseError.BadRequestLine : ParseError.BadTarget;
        }

        head.TargetRange = new ByteRange(start, target.Length);
        if (target[0] == '/')
        {
            head.PathAndQueryRange = head.TargetRange;
            return ParseError.None;
        }

        if (head.Method == HttpMethod.Connect)
        {
            return ParseError.MethodNotAllowed;
        }

        var schemeLength = StartsWith(target, "http://"u8) ? 7 : StartsWith(target, "https://"u8) ? 8 : 0;
        if (schemeLength == 0)
        {
            return ParseError.BadTarget;
        }

        var rest = target[schemeLength..];
        var authorityLength = rest.IndexOfAny("/?#"u8);
        if (authorityLength < 0)
        {
            authorityLength = rest.Length;
        }

        // Userinfo in an authority is a known trick to hide the real host (RFC 9110, 4.2.4).
        if (authorityLength == 0 || rest[..authorityLength].Contains((byte)'@'))
        {
            return ParseError.BadTarget;
        }

        head.AuthorityRange = new ByteRange(start + schemeLength, authorityLength);
        var pathStart = schemeLength + authorityLength;
        if (pathStart < target.Length && target[pathStart] != '/')
        {
            // http://host?query: nginx would send a target without a path on; there is no good one.
            return ParseError.BadTarget;
        }

        head.PathAndQueryRange = new ByteRange(start + pathStart, target.Length - pathStart);
        return ParseError.None;
    }

    private static bool StartsWith(ReadOnlySpan<byte> target, ReadOnlySpan<byte> prefix) =>
        target.Length > prefix.Length && Ascii.EqualsIgnoreCase(target[..prefix.Length], prefix);
}
