using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text;
using Portico.Http.FastCgi;
using Portico.Model.Policies;
using Portico.Model.Text;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Headers;

/// <summary>
/// What a FastCGI application is told about a request: the parameters of nginx's <c>fastcgi_params</c>, the headers that every backend gets, and
/// what the route adds, which takes the place of both. Immutable, shared by all shards.
/// </summary>
internal sealed class FastCgiRequestParameters
{
    /// <summary>Those that come from the request line and its length are set by the exchange and by <see cref="Write"/>.</summary>
    private static readonly ImmutableArray<Parameter> Usual =
    [
        new("CONTENT_TYPE", "$content_type"),
        new("SCRIPT_NAME", "$fastcgi_script_name"),
        new("REQUEST_URI", "$request_uri"),
        new("DOCUMENT_URI", "$document_uri"),
        new("DOCUMENT_ROOT", "$document_root"),
        new("SERVER_PROTOCOL", "$server_protocol"),
        new("REQUEST_SCHEME", "$scheme"),
        new("GATEWAY_INTERFACE", "CGI/1.1"),
        new("SERVER_SOFTWARE", "portico"),
        new("REMOTE_ADDR", "$remote_addr"),
        new("REMOTE_PORT", "$remote_port"),
        new("REMOTE_USER", "$remote_user"),
        new("SERVER_ADDR", "$server_addr"),
        new("SERVER_PORT", "$server_port"),
        new("SERVER_NAME", "$server_name"),
        // PHP refuses to run without it.
        new("REDIRECT_STATUS", "200"),
    ];

    private readonly ImmutableArray<Parameter> _more;

    public FastCgiRequestParameters(FastCgiPolicy? policy)
    {
        _more = [.. (policy?.Parameters ?? []).Select(p => new Parameter(p))];
        UnknownVariables = [.. _more.SelectMany(p => p.Value.UnknownNames)];
    }

    /// <summary>Variables in the route's parameters that do not exist.</summary>
    public ImmutableArray<string> UnknownVariables { get; }

    /// <param name="length">Length of the body; null when there is none, or it is not known.</param>
    public void Write(RequestContext context, long? length, FastCgiParameters parameters)
    {
        Span<byte> digits = stackalloc byte[20];
        var used = 0;
        if (length is { } known)
        {
            Utf8Formatter.TryFormat(known, digits, out used);
        }

        parameters.Set("CONTENT_LENGTH"u8, digits[..used]);
        if (context.Connection.IsTls)
        {
            parameters.Set("HTTPS"u8, "on"u8);
        }

        Set(Usual, context, parameters);
        Set(_more, context, parameters);
    }

    private static void Set(ImmutableArray<Parameter> list, RequestContext context, FastCgiParameters parameters)
    {
        var scratch = context.Scratch;
        foreach (var parameter in list)
        {
            scratch.Clear();
            parameter.Value.Append(context, scratch);
            parameters.Set(parameter.Name, scratch.Written);
        }
    }

    private sealed record Parameter(byte[] Name, CompiledTemplate Value)
    {
        public Parameter(string name, string value)
            : this(new HeaderTemplate(name, Template.Parse(value)))
        {
        }

        public Parameter(HeaderTemplate parameter)
            : this(Encoding.UTF8.GetBytes(parameter.Name), CompiledTemplate.Compile(parameter.Value))
        {
        }
    }
}
