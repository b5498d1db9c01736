namespace Portico.Net.Tls;

/// <summary>Gets OCSP answers for the certificates of a context and puts them into <see cref="TlsCertificate.Staple"/>.</summary>
public interface ITlsStapling
{
    /// <summary>
    /// A client would have liked an answer and there is none at hand. Called inside handshakes, on every shard, possibly often for the same
    /// certificate: it must not wait.
    /// </summary>
    void Want(TlsCertificate certificate);
}
