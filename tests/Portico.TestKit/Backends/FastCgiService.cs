using System.Buffers.Binary;
using System.Collections.Concurrent;
using Portico.TestKit.Wire;

namespace Portico.TestKit.Backends;

/// <param name="Parameters">Each name once, or reading fails.</param>
public sealed record FastCgiRequest(IReadOnlyDictionary<string, string> Parameters, byte[] Body);

/// <summary>
/// A FastCGI application: reads requests as strictly as FastCGI 1.0 allows, answers with the bytes that it is told, and closes the connection, since
/// nobody asks it to keep it.
/// </summary>
public sealed class FastCgiService(Func<FastCgiRequest, byte[]> answer)
{
    private readonly ConcurrentQueue<FastCgiRequest> _requests = new();

    public IReadOnlyList<FastCgiRequest> Requests => [.. _requests];

    /// <summary>Answers once the request is whole.</summary>
    public BackendScript Script => async connection =>
    {
        var request = await ReadRequestAsync(connection);
        _requests.Enqueue(request);
        await connection.SendAsync(answer(request));
        connection.Close();
    };

    private static async Task<FastCgiRequest> ReadRequestAsync(BackendConnection connection)
    {
        var (type, content) = await ReadRecordAsync(connection);
        if (type != 1 || !content.AsSpan().SequenceEqual(new byte[] { 0, 1, 0, 0, 0, 0, 0, 0 }))
        {
            throw new FormatException($"a request begins with record {type}: {Convert.ToHexString(content)}");
        }

        var parameters = await ReadStreamAsync(connection, 4);
        return new FastCgiRequest(ReadParameters(parameters), await ReadStreamAsync(connection, 5));
    }

    /// <summary>Records of one type up to the empty one.</summary>
    private static async Task<byte[]> ReadStreamAsync(BackendConnection connection, byte expected)
    {
        var stream = new MemoryStream();
        while (true)
        {
            var (type, content) = await ReadRecordAsync(connection);
            if (type != expected)
            {
                throw new FormatException($"record {type} where {expected} goes on");
            }

            if (content.Length == 0)
            {
                return stream.ToArray();
            }

            stream.Write(content);
        }
    }

    private static async Task<(byte Type, byte[] Content)> ReadRecordAsync(BackendConnection connection)
    {
        var header = await connection.ReadBytesAsync(8);
        if (header[0] != 1 || header[2] != 0 || header[3] != 1 || header[7] != 0)
        {
            throw new FormatException($"not the header of a record: {Convert.ToHexString(header)}");
        }

        var content = await connection.ReadBytesAsync(BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(4)));
        await connection.ReadBytesAsync(header[6]);
        return (header[1], content);
    }

    private static Dictionary<string, string> ReadParameters(byte[] bytes)
    {
        var parameters = new Dictionary<string, string>();
        var at = 0;
        while (at < bytes.Length)
        {
            var name = ReadLength(bytes, ref at);
            var value = ReadLength(bytes, ref at);
            parameters.Add(Text.Of(bytes.AsSpan(at, name).ToArray()), Text.Of(bytes.AsSpan(at + name, value).ToArray()));
            at += name + value;
        }

        return parameters;
    }

    private static int ReadLength(byte[] bytes, ref int at)
    {
        if (bytes[at] < 0x80)
        {
            return bytes[at++];
        }

        at += 4;
        return (int)(BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at - 4)) & 0x7FFF_FFFF);
    }
}
