namespace Portico.Http.Messages;

public enum HttpVersion : byte
{
    Http10,
    Http11,
    Http2,
}

/// <summary>Methods that the gateway treats differently; any other token is <see cref="Other"/>.</summary>
public enum HttpMethod : byte
{
    Other,
    Get,
    Head,
    Post,
    Put,
    Delete,
    Patch,
    Options,
    Trace,
    Connect,
    Lock,
}
