using System.Buffers.Binary;
using System.Net;

namespace Portico.Net.Dns;

internal enum DnsRecordType : ushort
{
    A = 1,
    Cname = 5,
    Soa = 6,
    Aaaa = 28,
}

internal enum DnsResponseCode
{
    NoError = 0,
    NameError = 3,
}

/// <summary>A record that matters to a resolver: an address, or the name that another one stands for.</summary>
internal readonly record struct DnsRecord(DnsName Owner, DnsRecordType Type, TimeSpan TimeToLive, IPAddress? Address, DnsName Target);

/// <summary>
/// The messages of RFC 1035, section 4: a query is written, a response is read. No I/O. Every length is checked; what does not add up
/// makes the whole message unusable.
/// </summary>
internal sealed class DnsMessage
{
    public const int MaxQueryLength = HeaderLength + DnsName.MaxLength + QuestionTailLength;

    private const int HeaderLength = 12;
    private const int QuestionTailLength = 4;
    private const int RecordTailLength = 10;
    private const int SoaTailLength = 20;
    private const ushort ClassInternet = 1;
    private const ushort RecursionDesired = 0x0100;
    private const ushort ResponseFlag = 0x8000;
    private const ushort OpcodeMask = 0x7800;
    private const ushort TruncatedFlag = 0x0200;
    private const ushort CodeMask = 0x000F;

    private readonly List<DnsRecord> _answers = [];

    private DnsMessage(ushort id, ushort flags, DnsName question, DnsRecordType type)
    {
        Id = id;
        Truncated = (flags & TruncatedFlag) != 0;
        Code = (DnsResponseCode)(flags & CodeMask);
        Question = question;
        Type = type;
    }

    public ushort Id { get; }

    /// <summary>The answer did not fit. It is to be asked for over TCP, and its records are not read.</summary>
    public bool Truncated { get; }

    public DnsResponseCode Code { get; }

    public DnsName Question { get; }

    public DnsRecordType Type { get; }

    public IReadOnlyList<DnsRecord> Answers => _answers;

    /// <summary>How long a refusal may be remembered (RFC 2308, section 5); null when the zone does not say.</summary>
    public TimeSpan? NegativeTimeToLive { get; private set; }

    public static int WriteQuery(Span<byte> buffer, ushort id, DnsName name, DnsRecordType type)
    {
        buffer[..HeaderLength].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(buffer, id);
        BinaryPrimitives.WriteUInt16BigEndian(buffer[2..], RecursionDesired);
        BinaryPrimitives.WriteUInt16BigEndian(buffer[4..], 1);
        name.Wire.CopyTo(buffer[HeaderLength..]);
        var at = HeaderLength + name.Wire.Length;
        BinaryPrimitives.WriteUInt16BigEndian(buffer[at..], (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(buffer[(at + 2)..], ClassInternet);
        return at + QuestionTailLength;
    }

    /// <summary>Reads a response with one question. False for anything else.</summary>
    public static bool TryReadResponse(ReadOnlySpan<byte> bytes, out DnsMessage message)
    {
        message = null!;
        if (bytes.Length < HeaderLength)
        {
            return false;
        }

        var flags = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        var questions = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        if ((flags & (ResponseFlag | OpcodeMask)) != ResponseFlag || questions != 1)
        {
            return false;
        }

        var position = HeaderLength;
        if (!DnsName.TryRead(bytes, ref position, out var name)
            || bytes.Length - position < QuestionTailLength
            || BinaryPrimitives.ReadUInt16BigEndian(bytes[(position + 2)..]) != ClassInternet)
        {
            return false;
        }

        var type = (DnsRecordType)BinaryPrimitives.ReadUInt16BigEndian(bytes[position..]);
        message = new DnsMessage(BinaryPrimitives.ReadUInt16BigEndian(bytes), flags, name, type);
        return message.Truncated || message.TryReadRecords(bytes, position + QuestionTailLength);
    }

    private bool TryReadRecords(ReadOnlySpan<byte> bytes, int position)
    {
        var answers = BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]);
        var authorities = BinaryPrimitives.ReadUInt16BigEndian(bytes[8..]);
        for (var i = 0; i < answers + authorities; i++)
        {
            if (!TryReadRecord(bytes, ref position, isAnswer: i < answers))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryReadRecord(ReadOnlySpan<byte> bytes, ref int position, bool isAnswer)
    {
        if (!DnsName.TryRead(bytes, ref position, out var owner) || bytes.Length - position < RecordTailLength)
        {
            return false;
        }

        var tail = bytes[position..];
        var type = (DnsRecordType)BinaryPrimitives.ReadUInt16BigEndian(tail);
        var isInternet = BinaryPrimitives.ReadUInt16BigEndian(tail[2..]) == ClassInternet;
        var timeToLive = Seconds(BinaryPrimitives.ReadUInt32BigEndian(tail[4..]));
        var start = position + RecordTailLength;
        var end = start + BinaryPrimitives.ReadUInt16BigEndian(tail[8..]);
        if (end > bytes.Length)
        {
            return false;
        }

        position = end;
        if (!isInternet)
        {
            return true;
        }

        return isAnswer
            ? TryReadAnswer(bytes[..end], start, owner, type, timeToLive)
            : type != DnsRecordType.Soa || TryReadSoa(bytes[..end], start, timeToLive);
    }

    private bool TryReadAnswer(ReadOnlySpan<byte> bytes, int start, DnsName owner, DnsRecordType type, TimeSpan timeToLive)
    {
        switch (type)
        {
            case DnsRecordType.A when bytes.Length - start == 4:
            case DnsRecordType.Aaaa when bytes.Length - start == 16:
                _answers.Add(new DnsRecord(owner, type, timeToLive, new IPAddress(bytes[start..]), default));
                return true;
            case DnsRecordType.Cname when DnsName.TryRead(bytes, ref start, out var target) && start == bytes.Length:
                _answers.Add(new DnsRecord(owner, type, timeToLive, null, target));
                return true;
            case DnsRecordType.A or DnsRecordType.Aaaa or DnsRecordType.Cname:
                return false;
            default:
                return true;
        }
    }

    private bool TryReadSoa(ReadOnlySpan<byte> bytes, int start, TimeSpan timeToLive)
    {
        if (!DnsName.TryRead(bytes, ref start, out _) || !DnsName.TryRead(bytes, ref start, out _) || bytes.Length - start != SoaTailLength)
        {
            return false;
        }

        var minimum = Seconds(BinaryPrimitives.ReadUInt32BigEndian(bytes[(start + 16)..]));
        NegativeTimeToLive = minimum < timeToLive ? minimum : timeToLive;
        return true;
    }

    // RFC 2181, section 8: a value with the top bit set means zero.
    private static TimeSpan Seconds(uint value) => TimeSpan.FromSeconds(value > int.MaxValue ? 0 : (long)value);
}
