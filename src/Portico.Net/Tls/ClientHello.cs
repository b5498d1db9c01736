namespace Portico.Net.Tls;

public enum ClientHelloStatus
{
    /// <summary>A hello as far as it goes, and it goes on.</summary>
    NeedMore,

    /// <summary>The whole hello was seen; it may name no server.</summary>
    Done,

    /// <summary>Not the beginning of a TLS connection, or one that contradicts itself.</summary>
    NotTls,
}

/// <summary>
/// Reads the server name (SNI, RFC 6066, 3) out of a ClientHello (RFC 8446, 4.1.2) that may lie in several records. Pure: it is shown
/// the beginning of a connection, each time from its first byte, and takes nothing.
/// </summary>
public static class ClientHello
{
    /// <summary>A hello that does not end within so many bytes is not looked at further.</summary>
    public const int LongestLook = 16 * 1024;

    public const int LongestName = 255;

    private const byte ClientHelloMessage = 1;
    private const int ServerNameExtension = 0;
    private const byte HostName = 0;

    /// <param name="bytes">The beginning of the connection.</param>
    /// <param name="serverName">Room for <see cref="LongestName"/> bytes.</param>
    /// <param name="nameLength">Zero when no server is named.</param>
    public static ClientHelloStatus Parse(ReadOnlySpan<byte> bytes, Span<byte> serverName, out int nameLength)
    {
        nameLength = 0;
        var reader = new HandshakeReader(bytes);
        var known = TryRead(ref reader, serverName, out var length);
        if (known)
        {
            nameLength = length;
            return ClientHelloStatus.Done;
        }

        return reader.IsBroken ? ClientHelloStatus.NotTls : ClientHelloStatus.NeedMore;
    }

    private static bool TryRead(ref HandshakeReader reader, Span<byte> serverName, out int nameLength)
    {
        nameLength = 0;
        if (!reader.TryNumber(1, out var type) || (type != ClientHelloMessage && reader.Break()))
        {
            return false;
        }

        // Everything that follows lies within the length of the message, and each part within that of its container.
        if (!reader.TryNumber(3, out var length))
        {
            return false;
        }

        reader.Left = length;
        return reader.TrySkip(2 + 32)
            && reader.TryNumber(1, out var sessionId) && reader.TrySkip(sessionId)
            && reader.TryNumber(2, out var ciphers) && reader.TrySkip(ciphers)
            && reader.TryNumber(1, out var compressions) && reader.TrySkip(compressions)
            && TryReadExtensions(ref reader, serverName, out nameLength);
    }

    private static bool TryReadExtensions(ref HandshakeReader reader, Span<byte> serverName, out int nameLength)
    {
        nameLength = 0;
        if (reader.Left == 0)
        {
            return true;
        }

        if (!reader.TryNumber(2, out var length) || (length != reader.Left && reader.Break()))
        {
            return false;
        }

        while (reader.Left > 0)
        {
            if (!reader.TryNumber(2, out var type) || !reader.TryNumber(2, out var size))
            {
                return false;
            }

            if (type == ServerNameExtension && nameLength == 0 && size > 0)
            {
                if (!TryReadNames(ref reader, size, serverName, out nameLength))
                {
                    return false;
                }
            }
            else if (!reader.TrySkip(size))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A list of names; only the type host_name exists, and it may be there once.</summary>
    private static bool TryReadNames(ref HandshakeReader reader, int size, Span<byte> serverName, out int nameLength)
    {
        nameLength = 0;
        if (size < 5 && reader.Break())
        {
            return false;
        }

        if (!reader.TryNumber(2, out var list) || !reader.TryNumber(1, out var type) || !reader.TryNumber(2, out var length))
        {
            return false;
        }

        if ((list != size - 2 || length > list - 3) && reader.Break())
        {
            return false;
        }

        if (type != HostName || length > LongestName)
        {
            return reader.TrySkip(size - 5);
        }

        if (!reader.TryCopy(serverName[..length]) || !reader.TrySkip(size - 5 - length))
        {
            return false;
        }

        nameLength = length;
        return true;
    }

    /// <summary>The handshake bytes of a run of records (RFC 8446, 5.1), read over the borders between them.</summary>
    private ref struct HandshakeReader(ReadOnlySpan<byte> bytes)
    {
        private const byte Handshake = 22;
        private const int HeaderLength = 5;
        private const int LongestFragment = 16 * 1024;

        private ReadOnlySpan<byte> _rest = bytes;
        private int _inRecord;

        /// <summary>What has come is no handshake.</summary>
        public bool IsBroken { get; private set; }

        /// <summary>Bytes of the message that are not read yet; a part that claims more breaks it.</summary>
        public int Left { get; set; } = 4;

        /// <returns>Always true, for conditions.</returns>
        public bool Break()
        {
            IsBroken = true;
            return true;
        }

        public bool TryNumber(int size, out int number)
        {
            number = 0;
            if (!Claim(size))
            {
                return false;
            }

            for (var i = 0; i < size; i++)
            {
                if (!TryPiece(1, out var piece))
                {
                    return false;
                }

                number = (number << 8) | piece[0];
            }

            return true;
        }

        public bool TrySkip(int count)
        {
            if (!Claim(count))
            {
                return false;
            }

            while (count > 0)
            {
                if (!TryPiece(count, out var piece))
                {
                    return false;
                }

                count -= piece.Length;
            }

            return true;
        }

        public bool TryCopy(Span<byte> to)
        {
            if (!Claim(to.Length))
            {
                return false;
            }

            while (to.Length > 0)
            {
                if (!TryPiece(to.Length, out var piece))
                {
                    return false;
                }

                piece.CopyTo(to);
                to = to[piece.Length..];
            }

            return true;
        }

        private bool Claim(int count)
        {
            if (count > Left)
            {
                IsBroken = true;
                return false;
            }

            Left -= count;
            return true;
        }

        /// <summary>The next bytes of the record at hand, at least one.</summary>
        private bool TryPiece(int most, out ReadOnlySpan<byte> piece)
        {
            piece = default;
            if (_inRecord == 0 && !TryOpenRecord())
            {
                return false;
            }

            piece = _rest[..Math.Min(Math.Min(most, _inRecord), _rest.Length)];
            _rest = _rest[piece.Length..];
            _inRecord -= piece.Length;
            return piece.Length > 0;
        }

        private bool TryOpenRecord()
        {
            // Type and major version say early that this is something else, e.g. HTTP.
            if ((_rest.Length > 0 && _rest[0] != Handshake) || (_rest.Length > 1 && _rest[1] != 3))
            {
                IsBroken = true;
                return false;
            }

            if (_rest.Length < HeaderLength)
            {
                return false;
            }

            _inRecord = (_rest[3] << 8) | _rest[4];
            _rest = _rest[HeaderLength..];
            IsBroken = _inRecord is 0 or > LongestFragment;
            return !IsBroken;
        }
    }
}
