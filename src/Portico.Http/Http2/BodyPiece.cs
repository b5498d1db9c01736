namespace Portico.Http.Http2;

/// <summary>What a stream has to send, told to the session that asks for it.</summary>
internal readonly record struct BodyPiece
{
    /// <summary>Nothing now; <see cref="Http2Session.ResumeData"/> tells when there is.</summary>
    public static readonly BodyPiece Deferred = new() { IsDeferred = true };

    public int Length { get; private init; }

    public bool IsDeferred { get; private init; }

    public bool IsEnd { get; private init; }

    public bool HasTrailers { get; private init; }

    /// <summary>So many bytes, and more may follow.</summary>
    public static BodyPiece Of(int length) => new() { Length = length };

    /// <summary>The last bytes, perhaps none.</summary>
    public static BodyPiece End(int length) => new() { Length = length, IsEnd = true };

    /// <summary>The last bytes; trailers were submitted and end the stream.</summary>
    public static BodyPiece EndWithTrailers(int length) => new() { Length = length, IsEnd = true, HasTrailers = true };
}
