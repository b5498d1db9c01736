using System.Text;
using Portico.Http.Messages;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Headers;

/// <summary>Reads a header that may stand in a message several times as one value, as nginx's <c>$http_</c> variables do.</summary>
internal static class RepeatedHeader
{
    /// <summary>
    /// The values joined by <c>, </c>. Mostly there is one, which is returned where it stands; several are put together in
    /// <paramref name="scratch"/> behind what it holds.
    /// </summary>
    public static bool TryGet(HeaderBlock headers, HeaderId id, ReadOnlySpan<byte> name, ByteBuilder scratch, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (id != HeaderId.Other && !headers.Has(id))
        {
            return false;
        }

        var found = 0;
        var start = scratch.Length;
        foreach (ref readonly var field in headers.Fields)
        {
            if (!Is(headers, in field, id, name))
            {
                continue;
            }

            if (found == 1)
            {
                scratch.Append(value);
            }

            if (found >= 1)
            {
                scratch.Append(id == HeaderId.Cookie ? "; "u8 : ", "u8);
                scratch.Append(headers.Value(in field));
            }

            value = found == 0 ? headers.Value(in field) : scratch.WrittenFrom(start);
            found++;
        }

        return found > 0;
    }

    public static bool Is(HeaderBlock headers, in HeaderField field, HeaderId id, ReadOnlySpan<byte> name) =>
        id != HeaderId.Other
            ? field.Id == id
            : field.Id == HeaderId.Other && field.NameLength == name.Length && Ascii.EqualsIgnoreCase(headers.Name(in field), name);
}
