using System.Text;

namespace Portico.TestKit.Http2;

/// <summary>Reads header blocks (RFC 7541), strictly. One for each direction of a connection.</summary>
public sealed class HpackDecoder
{
    private static readonly (string Name, string Value)[] StaticTable =
    [
        (":authority", ""),
        (":method", "GET"),
        (":method", "POST"),
        (":path", "/"),
        (":path", "/index.html"),
        (":scheme", "http"),
        (":scheme", "https"),
        (":status", "200"),
        (":status", "204"),
        (":status", "206"),
        (":status", "304"),
        (":status", "400"),
        (":status", "404"),
        (":status", "500"),
        ("accept-charset", ""),
        ("accept-encoding", "gzip, deflate"),
        ("accept-language", ""),
        ("accept-ranges", ""),
        ("accept", ""),
        ("access-control-allow-origin", ""),
        ("age", ""),
        ("allow", ""),
        ("authorization", ""),
        ("cache-control", ""),
        ("content-disposition", ""),
        ("content-encoding", ""),
        ("content-language", ""),
        ("content-length", ""),
        ("content-location", ""),
        ("content-range", ""),
        ("content-type", ""),
        ("cookie", ""),
        ("date", ""),
        ("etag", ""),
        ("expect", ""),
        ("expires", ""),
        ("from", ""),
        ("host", ""),
        ("if-match", ""),
        ("if-modified-since", ""),
        ("if-none-match", ""),
        ("if-range", ""),
        ("if-unmodified-since", ""),
        ("last-modified", ""),
        ("link", ""),
        ("location", ""),
        ("max-forwards", ""),
        ("proxy-authenticate", ""),
        ("proxy-authorization", ""),
        ("range", ""),
        ("referer", ""),
        ("refresh", ""),
        ("retry-after", ""),
        ("server", ""),
        ("set-cookie", ""),
        ("strict-transport-security", ""),
        ("transfer-encoding", ""),
        ("user-agent", ""),
        ("vary", ""),
        ("via", ""),
        ("www-authenticate", ""),
    ];

    private readonly List<(string Name, string Value)> _dynamicTable = [];
    private int _dynamicSize;
    private int _limit = 4096;

    public IReadOnlyList<(string Name, string Value)> Decode(ReadOnlySpan<byte> block)
    {
        var fields = new List<(string, string)>();
        while (!block.IsEmpty)
        {
            var first = block[0];
            if ((first & 0x80) != 0)
            {
                fields.Add(Entry(ReadInteger(ref block, 7)));
            }
            else if ((first & 0xE0) == 0x20)
            {
                _limit = ReadInteger(ref block, 5);
                Evict();
            }
            else
            {
                var indexed = (first & 0x40) != 0;
                var index = ReadInteger(ref block, indexed ? 6 : 4);
                var field = (index == 0 ? ReadString(ref block) : Entry(index).Name, ReadString(ref block));
                fields.Add(field);
                if (indexed)
                {
                    _dynamicTable.Insert(0, field);
                    _dynamicSize += SizeOf(field);
                    Evict();
                }
            }
        }
        return fields;
    }

    private static int SizeOf((string Name, string Value) field) => field.Name.Length + field.Value.Length + 32;

    private (string Name, string Value) Entry(int index) =>
        index <= StaticTable.Length ? StaticTable[index - 1] : _dynamicTable[index - StaticTable.Length - 1];

    private void Evict()
    {
        while (_dynamicSize > _limit)
        {
            _dynamicSize -= SizeOf(_dynamicTable[^1]);
            _dynamicTable.RemoveAt(_dynamicTable.Count - 1);
        }
    }

    private static string ReadString(ref ReadOnlySpan<byte> block)
    {
        var huffman = (block[0] & 0x80) != 0;
        var length = ReadInteger(ref block, 7);
        var bytes = block[..length];
        block = block[length..];
        return Encoding.Latin1.GetString(huffman ? HpackHuffman.Decode(bytes) : bytes);
    }

    private static int ReadInteger(ref ReadOnlySpan<byte> block, int prefix)
    {
        var most = (1 << prefix) - 1;
        var value = block[0] & most;
        block = block[1..];
        for (var shift = 0; value >= most || shift > 0; shift += 7)
        {
            var b = block[0];
            block = block[1..];
            value += (b & 0x7F) << shift;
            if ((b & 0x80) == 0)
            {
                break;
            }
        }
        return value;
    }
}
