using Portico.Net.Tls.Native;

namespace Portico.Net.Tls;

/// <summary>
/// The last session with one endpoint, so that the next connection to it can skip the certificate. Owned by a shard's pool for that
/// endpoint and one <see cref="TlsClientContext"/>; used on that shard's thread.
/// </summary>
public sealed class TlsResumption : IDisposable
{
    private nint _session;
    private bool _disposed;

    ~TlsResumption() => Forget();

    public bool HasSession => _session != 0;

    public void Dispose()
    {
        _disposed = true;
        Forget();
        GC.SuppressFinalize(this);
    }

    internal void Offer(nint ssl)
    {
        if (_session != 0)
        {
            LibSsl.SSL_set_session(ssl, _session);
        }
    }

    internal void Remember(nint ssl)
    {
        // A connection may outlive the memory of its endpoint.
        var session = _disposed ? 0 : LibSsl.SSL_get1_session(ssl);
        if (session == 0)
        {
            return;
        }

        if (LibSsl.SSL_SESSION_is_resumable(session) == 1)
        {
            Forget();
            _session = session;
        }
        else
        {
            LibSsl.SSL_SESSION_free(session);
        }
    }

    private void Forget()
    {
        LibSsl.SSL_SESSION_free(_session);
        _session = 0;
    }
}
