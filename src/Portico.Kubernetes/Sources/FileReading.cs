using Portico.Kubernetes.Manifests;

namespace Portico.Kubernetes.Sources;

/// <summary>What came of reading a file: its content, or none and the cause.</summary>
internal readonly record struct FileReading(FileStatus Status, ManifestContent? Content, string Cause)
{
    /// <summary>Pure but for the file: any thread.</summary>
    public static FileReading Read(ManifestFile file, long maxBytes)
    {
        // The status comes first: a write in between is then a difference at the next look.
        var status = FileStatus.Follow(file.Path);
        if (status.Kind != FileKind.Regular)
        {
            var cause = status.Kind == FileKind.Missing ? "leads nowhere" : "is not a regular file";
            return new(status, null, cause);
        }

        if (status.Size > (ulong)maxBytes)
        {
            return new(status, null, FormattableString.Invariant($"is larger than {maxBytes >> 20} MB"));
        }

        try
        {
            return new(status, ManifestReader.Read(Bytes(file.Path, maxBytes), file.Content), "");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new(status, null, "cannot be read: " + error.Message);
        }
    }

    /// <summary>Takes no lock on the file, as File.ReadAllBytes would: its writer may be at work.</summary>
    private static byte[] Bytes(string path, long maxBytes)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[Math.Min(RandomAccess.GetLength(handle), maxBytes)];
        var length = 0;
        while (length < bytes.Length)
        {
            var read = RandomAccess.Read(handle, bytes.AsSpan(length), length);
            if (read == 0)
            {
                return bytes[..length];
            }

            length += read;
        }

        return bytes;
    }
}
