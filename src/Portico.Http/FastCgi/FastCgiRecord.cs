using System.Buffers.Binary;

namespace Portico.Http.FastCgi;

/// <summary>The kinds of records that occur between us and an application (FastCGI 1.0, 8).</summary>
internal enum FastCgiRecordType : byte
{
    BeginRequest = 1,
    EndRequest = 3,
    Parameters = 4,
    StandardInput = 5,
    StandardOutput = 6,
    StandardError = 7,
}

/// <summary>The frame of a record (FastCGI 1.0, 3.3): eight bytes, then content. One request a connection, so its number is always 1.</summary>
internal static class FastCgiRecord
{
    public const int HeaderLength = 8;

    /// <summary>Most content of one record.</summary>
    public const int MostContent = ushort.MaxValue;

    public const byte Version = 1;

    public const ushort RequestId = 1;

    /// <summary>BEGIN_REQUEST whole: we want a responder, and the application is to close the connection afterwards.</summary>
    public static ReadOnlySpan<byte> BeginResponder => [Version, (byte)FastCgiRecordType.BeginRequest, 0, (byte)RequestId, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];

    /// <summary>The end of the request's body.</summary>
    public static ReadOnlySpan<byte> EndOfInput => [Version, (byte)FastCgiRecordType.StandardInput, 0, (byte)RequestId, 0, 0, 0, 0];

    /// <summary>The end of the parameters.</summary>
    public static ReadOnlySpan<byte> EndOfParameters => [Version, (byte)FastCgiRecordType.Parameters, 0, (byte)RequestId, 0, 0, 0, 0];

    public static void WriteHeader(Span<byte> header, FastCgiRecordType type, int contentLength)
    {
        header[0] = Version;
        header[1] = (byte)type;
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], RequestId);
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)contentLength);
        header[6] = 0;
        header[7] = 0;
    }
}
