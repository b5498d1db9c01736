using System.Net.Http.Headers;

namespace Portico.Kubernetes.Api.Credentials;

/// <summary>
/// A token in a file that somebody else renews, the kubelet above all: it rotates a service account's token well before the old
/// one ends. Read again after ten seconds, and at once when the server refuses it.
/// </summary>
internal sealed class TokenFile(string path, TimeProvider? clock = null) : Credential
{
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private AuthenticationHeaderValue? _header;
    private long _readAt;

    public override ValueTask<AuthenticationHeaderValue?> GetAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_header is null || _clock.GetElapsedTime(_readAt) >= Age)
            {
                _header = Read() ?? _header ?? throw new IOException($"the token file {path} is empty or cannot be read");
                _readAt = _clock.GetTimestamp();
            }

            return new(_header);
        }
    }

    public override bool Refused()
    {
        lock (_gate)
        {
            var refused = _header?.Parameter;
            _header = Read() ?? _header;
            _readAt = _clock.GetTimestamp();
            return _header?.Parameter != refused;
        }
    }

    /// <summary>Null while the file is being replaced; the last token goes on.</summary>
    private AuthenticationHeaderValue? Read()
    {
        try
        {
            return File.ReadAllText(path).Trim() is { Length: > 0 } token ? new AuthenticationHeaderValue("Bearer", token) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
