using System.Text;

namespace Portico.Proxy.Requests;

/// <summary>Keeps one copy of the few texts that every TLS connection repeats (versions, ciphers). One for each shard.</summary>
internal sealed class TextInterner
{
    private readonly List<byte[]> _known = [];

    public byte[] Intern(ReadOnlySpan<byte> text)
    {
        foreach (var known in _known)
        {
            if (text.SequenceEqual(known))
            {
                return known;
            }
        }

        var added = text.ToArray();
        _known.Add(added);
        return added;
    }

    public byte[] Intern(string text)
    {
        Span<byte> bytes = stackalloc byte[16];
        return Intern(bytes[..Encoding.ASCII.GetBytes(text, bytes)]);
    }
}
