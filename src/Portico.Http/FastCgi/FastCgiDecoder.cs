using System.Buffers.Binary;
using System.Text;
using Portico.Http.Http1;

namespace Portico.Http.FastCgi;

/// <summary>
/// Takes the output of an application out of its records (FastCGI 1.0, 3.3 and 5), which may be cut anywhere. Output stays in the buffer that it
/// came in, errors are kept as a text, padding and records of no request are skipped. One for each connection.
/// </summary>
public sealed class FastCgiDecoder
{
    /// <summary>How much of what an application says on standard error is kept.</summary>
    private const int MostErrorText = 1024;

    private const int EndContent = 8;
    private const int ProtocolStatusOffset = 4;

    private readonly byte[] _header = new byte[FastCgiRecord.HeaderLength];
    private readonly byte[] _end = new byte[EndContent];
    private readonly List<byte> _errorText = [];
    private int _headerFilled;
    private int _endFilled;
    private int _contentLeft;
    private int _paddingLeft;
    private bool _isOver;

    /// <summary>What the application said on standard error, its beginning; empty for nothing.</summary>
    public string ErrorText => Encoding.UTF8.GetString([.. _errorText]).Trim();

    private FastCgiRecordType Type => (FastCgiRecordType)_header[1];

    private bool IsOfNoRequest => BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2)) == 0;

    /// <summary>Takes bytes in.</summary>
    /// <param name="input">Bytes from the application; its beginning holds output afterwards.</param>
    /// <param name="produced">How much output that is.</param>
    /// <returns>
    /// Done at the record that ends the request; Invalid when it ends it without having served it (overloaded, cannot multiplex, unknown
    /// role), and for bytes that are no records of our request.
    /// </returns>
    public ParseStatus Decode(Span<byte> input, out int produced)
    {
        produced = 0;
        var at = 0;
        while (at < input.Length && !_isOver)
        {
            if (_headerFilled < FastCgiRecord.HeaderLength)
            {
                _header[_headerFilled++] = input[at++];
                if (!AcceptsHeader())
                {
                    return ParseStatus.Invalid;
                }
            }
            else if (_contentLeft > 0)
            {
                var count = Math.Min(_contentLeft, input.Length - at);
                TakeContent(input, at, count, ref produced);
                at += count;
                _contentLeft -= count;
            }
            else
            {
                var count = Math.Min(_paddingLeft, input.Length - at);
                at += count;
                _paddingLeft -= count;
            }

            EndRecordWhenWhole();
        }

        return !_isOver ? ParseStatus.NeedMore : _end[ProtocolStatusOffset] == 0 ? ParseStatus.Done : ParseStatus.Invalid;
    }

    /// <summary>Judges as soon as it can: what speaks another protocol is not waited for.</summary>
    private bool AcceptsHeader()
    {
        if (_header[0] != FastCgiRecord.Version)
        {
            return false;
        }

        if (_headerFilled < FastCgiRecord.HeaderLength)
        {
            return true;
        }

        _contentLeft = BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(4));
        _paddingLeft = _header[6];
        _endFilled = 0;
        if (IsOfNoRequest)
        {
            return true;
        }

        return BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2)) == FastCgiRecord.RequestId && Type switch
        {
            FastCgiRecordType.StandardOutput or FastCgiRecordType.StandardError => true,
            FastCgiRecordType.EndRequest => _contentLeft == EndContent,
            _ => false,
        };
    }

    private void TakeContent(Span<byte> input, int at, int count, ref int produced)
    {
        var content = input.Slice(at, count);
        if (IsOfNoRequest)
        {
            return;
        }

        switch (Type)
        {
            case FastCgiRecordType.StandardOutput:
                content.CopyTo(input[produced..]);
                produced += count;
                break;
            case FastCgiRecordType.StandardError:
                _errorText.AddRange(content[..Math.Min(count, MostErrorText - _errorText.Count)]);
                break;
            default:
                content.CopyTo(_end.AsSpan(_endFilled));
                _endFilled += count;
                break;
        }
    }

    private void EndRecordWhenWhole()
    {
        if (_headerFilled < FastCgiRecord.HeaderLength || _contentLeft > 0)
        {
            return;
        }

        if (Type == FastCgiRecordType.EndRequest && !IsOfNoRequest)
        {
            _isOver = true;
        }
        else if (_paddingLeft == 0)
        {
            _headerFilled = 0;
        }
    }
}
