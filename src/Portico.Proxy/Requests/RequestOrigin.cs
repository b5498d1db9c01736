namespace Portico.Proxy.Requests;

/// <summary>Completes a place on the same host, as nginx does with a Location that starts with a slash.</summary>
internal static class RequestOrigin
{
    /// <summary>Appends scheme and host, those of the connection and never of forwarded headers.</summary>
    /// <param name="withPort">Names the port of the connection, too, where it is not the usual one of the scheme (nginx's port_in_redirect).</param>
    public static void Append(RequestContext context, ReadOnlySpan<byte> host, bool withPort, ByteBuilder output)
    {
        output.Append(context.ConnectionScheme);
        output.Append("://"u8);
        output.Append(host);
        if (withPort && context.Connection.LocalPort != (context.Connection.IsTls ? 443 : 80))
        {
            output.Append((byte)':');
            output.AppendDecimal(context.Connection.LocalPort);
        }
    }
}
