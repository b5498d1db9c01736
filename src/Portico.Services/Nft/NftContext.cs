using System.Runtime.InteropServices;
using Portico.Services.Nft.Native;

namespace Portico.Services.Nft;

/// <summary>The kernel's packet rules could not be read or changed; the message is the kernel's, with what it is about.</summary>
public sealed class NftException(string message) : Exception(message);

/// <summary>Runs commands of the nft language: all of them take effect at one moment, or none does. Used by one thread.</summary>
internal sealed class NftContext : IDisposable
{
    private nint _context;

    /// <exception cref="NftException">libnftables is not on this machine.</exception>
    public NftContext()
    {
        try
        {
            _context = LibNftables.New(0);
        }
        catch (DllNotFoundException)
        {
            throw new NftException($"{LibNftables.File} is not on this machine; install the package libnftables1");
        }

        _ = LibNftables.BufferOutput(_context);
        _ = LibNftables.BufferError(_context);
    }

    /// <exception cref="NftException">The commands are refused; nothing of them has happened.</exception>
    public void Run(string commands)
    {
        if (LibNftables.Run(_context, commands) != 0)
        {
            throw new NftException(FirstLines(Marshal.PtrToStringUTF8(LibNftables.ErrorOf(_context)) ?? ""));
        }
    }

    public void Dispose()
    {
        if (_context != 0)
        {
            LibNftables.Free(_context);
            _context = 0;
        }
    }

    /// <summary>An error quotes its command, which can be a megabyte of elements.</summary>
    private static string FirstLines(string error)
    {
        const int Most = 300;
        var lines = error.Trim().Split('\n').Take(3).Select(l => l.Length > Most ? l[..Most] + "…" : l);
        var text = string.Join(' ', lines).Trim();
        return text.Length == 0 ? "the kernel refused the rules without a reason; is this process allowed to change them (CAP_NET_ADMIN)?" : text;
    }
}
