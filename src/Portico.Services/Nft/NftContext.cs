using System.Runtime.InteropServices;
using Portico.Services.Nft.Native;

namespace Portico.Services.Nft;

/// <summary>The kernel's packet rules could not be read or changed; the message is the kernel's, with the part of the commands that it is about.</summary>
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
        LibNftables.SetOutput(_context, LibNftables.Json);
    }

    /// <returns>What the commands print, as JSON.</returns>
    /// <exception cref="NftException">The commands are refused; nothing of them has happened.</exception>
    public string Run(string commands)
    {
        var code = LibNftables.Run(_context, commands);
        var output = Marshal.PtrToStringUTF8(LibNftables.OutputOf(_context)) ?? "";
        var error = Marshal.PtrToStringUTF8(LibNftables.ErrorOf(_context)) ?? "";
        return code == 0 ? output : throw new NftException(FirstLines(error));
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
