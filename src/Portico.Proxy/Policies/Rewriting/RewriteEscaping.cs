using System.Buffers;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Policies.Rewriting;

/// <summary>
/// Percent-encodes a path that a rewrite made, as nginx does: blank, <c># % ?</c>, <c>" &lt; &gt; \ ^ ` { | }</c>, control and
/// non-ASCII bytes, upper-case hexadecimal. <c>+ &amp; = ; , @ :</c> stay.
/// </summary>
internal static class RewriteEscaping
{
    private static readonly SearchValues<byte> Plain =
        SearchValues.Create("!$&'()*+,-./0123456789:;=@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz~"u8);

    public static void Append(ReadOnlySpan<byte> path, ByteBuilder output)
    {
        for (var end = path.IndexOfAnyExcept(Plain); end >= 0; end = path.IndexOfAnyExcept(Plain))
        {
            output.Append(path[..end]);
            output.Append((byte)'%');
            output.AppendHex(path[end]);
            path = path[(end + 1)..];
        }

        output.Append(path);
    }
}
