using System.Text;
using Portico.Http.Http1;

namespace Portico.Http.FastCgi;

/// <summary>
/// The parameters of one request, what CGI calls its environment: each name once. Used for one request after the other, on one shard's thread.
/// </summary>
public sealed class FastCgiParameters
{
    private const int LongLength = 128;

    private readonly List<Entry> _entries = [];
    private byte[] _bytes = new byte[4096];
    private int _count;

    public void Clear()
    {
        _entries.Clear();
        _count = 0;
    }

    /// <summary>Sets a parameter in the place of what it was.</summary>
    public void Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var index = Find(name);
        if (index < 0)
        {
            Add(name, value);
        }
        else
        {
            _entries[index] = _entries[index] with { ValueStart = Append(value), ValueLength = value.Length };
        }
    }

    /// <summary>
    /// Adds a header of the request as CGI names it (RFC 3875, 4.1.18): HTTP_, then the name in upper case with underscores. Values of one name are
    /// joined as its lists are, since a name occurs once: by a comma, those of Cookie by a semicolon.
    /// </summary>
    public void AddHeader(ReadOnlySpan<byte> header, ReadOnlySpan<byte> value)
    {
        Span<byte> name = header.Length <= 256 ? stackalloc byte[5 + header.Length] : new byte[5 + header.Length];
        "HTTP_"u8.CopyTo(name);
        for (var i = 0; i < header.Length; i++)
        {
            name[5 + i] = header[i] switch
            {
                (byte)'-' => (byte)'_',
                >= (byte)'a' and <= (byte)'z' => (byte)(header[i] - 0x20),
                _ => header[i],
            };
        }

        var index = Find(name);
        if (index < 0)
        {
            Add(name, value);
            return;
        }

        var before = _entries[index];
        var start = _count;
        Append(_bytes.AsSpan(before.ValueStart, before.ValueLength));
        Append(Ascii.EqualsIgnoreCase(header, "Cookie"u8) ? "; "u8 : ", "u8);
        Append(value);
        _entries[index] = before with { ValueStart = start, ValueLength = _count - start };
    }

    /// <summary>Appends them in records, and the record that says that these were all.</summary>
    public void WriteTo(ref OutputBuffer output)
    {
        var total = 0;
        foreach (var entry in _entries)
        {
            total += LengthOf(entry.NameLength) + LengthOf(entry.ValueLength) + entry.NameLength + entry.ValueLength;
        }

        Span<byte> lengths = stackalloc byte[8];
        var stream = new RecordStream(total);
        foreach (var entry in _entries)
        {
            var used = WriteLength(lengths, entry.NameLength);
            used += WriteLength(lengths[used..], entry.ValueLength);
            stream.Append(ref output, lengths[..used]);
            stream.Append(ref output, _bytes.AsSpan(entry.NameStart, entry.NameLength));
            stream.Append(ref output, _bytes.AsSpan(entry.ValueStart, entry.ValueLength));
        }

        output.Append(FastCgiRecord.EndOfParameters);
    }

    private void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        _entries.Add(new Entry(Append(name), name.Length, Append(value), value.Length));

    private int Find(ReadOnlySpan<byte> name)
    {
        for (var index = 0; index < _entries.Count; index++)
        {
            var entry = _entries[index];
            if (_bytes.AsSpan(entry.NameStart, entry.NameLength).SequenceEqual(name))
            {
                return index;
            }
        }

        return -1;
    }

    /// <returns>Where the bytes are.</returns>
    private int Append(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length - _count < bytes.Length)
        {
            var larger = new byte[Math.Max(2 * _bytes.Length, _count + bytes.Length)];
            _bytes.AsSpan(0, _count).CopyTo(larger);
            bytes.CopyTo(larger.AsSpan(_count));
            _bytes = larger;
        }
        else
        {
            bytes.CopyTo(_bytes.AsSpan(_count));
        }

        _count += bytes.Length;
        return _count - bytes.Length;
    }

    private static int LengthOf(int length) => length < LongLength ? 1 : 4;

    /// <summary>One byte, or four with the highest bit set (FastCGI 1.0, 3.4).</summary>
    private static int WriteLength(Span<byte> target, int length)
    {
        if (length < LongLength)
        {
            target[0] = (byte)length;
            return 1;
        }

        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(target, (uint)length | 0x8000_0000);
        return 4;
    }

    private readonly record struct Entry(int NameStart, int NameLength, int ValueStart, int ValueLength);

    /// <summary>Cuts what is appended into records, whose headers say their lengths beforehand.</summary>
    private struct RecordStream(int total)
    {
        private int _leftInAll = total;
        private int _leftInRecord;

        public void Append(ref OutputBuffer output, ReadOnlySpan<byte> bytes)
        {
            Span<byte> header = stackalloc byte[FastCgiRecord.HeaderLength];
            while (bytes.Length > 0)
            {
                if (_leftInRecord == 0)
                {
                    _leftInRecord = Math.Min(_leftInAll, FastCgiRecord.MostContent);
                    _leftInAll -= _leftInRecord;
                    FastCgiRecord.WriteHeader(header, FastCgiRecordType.Parameters, _leftInRecord);
                    output.Append(header);
                }

                var count = Math.Min(bytes.Length, _leftInRecord);
                output.Append(bytes[..count]);
                bytes = bytes[count..];
                _leftInRecord -= count;
            }
        }
    }
}
