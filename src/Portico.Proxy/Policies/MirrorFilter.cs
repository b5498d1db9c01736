using System.Runtime.CompilerServices;
using System.Text;
using Portico.Http.Messages;
using Portico.Model.Policies;
using Portico.Net.Async;
using Portico.Proxy.Balancing;
using Portico.Proxy.Forwarding;
using Portico.Proxy.Headers;
using Portico.Proxy.Requests;
using Portico.Proxy.Subrequests;

namespace Portico.Proxy.Policies;

/// <summary>
/// Sends a copy of a request to another place, as nginx's mirror does: method, headers of the client, and the body; HTTP/1.0, one
/// connection each; no forwarded header is added and the answer is thrown away. Nothing waits for a copy. What a shard cannot carry is
/// not copied and counted: more copies at once than <see cref="MostAtOnce"/>, or a body that is not in hand as a whole.
/// Immutable, shared by all shards.
/// </summary>
internal sealed class MirrorFilter(MirrorPolicy policy, BackendState backend, IReadOnlyDictionary<string, int>? groupNames)
{
    /// <summary>Copies under way on one shard; each holds at most one buffer for its body.</summary>
    public const int MostAtOnce = 256;

    /// <summary>What nginx does not pass on to a proxied place.</summary>
    private static readonly HeaderIdSet Withheld = HeaderIdSet.Of(
        HeaderId.Host, HeaderId.Connection, HeaderId.ContentLength, HeaderId.TransferEncoding,
        HeaderId.Te, HeaderId.KeepAlive, HeaderId.Expect, HeaderId.Upgrade);

    private readonly SubrequestDestination _destination = new(policy.Target, backend, groupNames) { Http10 = true };
    private readonly byte[] _host = Encoding.UTF8.GetBytes(policy.Host);

    public IEnumerable<string> UnknownVariables => _destination.UnknownVariables;

    /// <summary>Begins a copy. The head is copied before this returns, and so is the body.</summary>
    /// <param name="bodyInHand">Whether <paramref name="body"/> is all of it.</param>
    public void Start(RequestContext context, ReadOnlySpan<byte> body, bool bodyInHand, ShardServices services)
    {
        if (services.MirrorsUnderWay == MostAtOnce || (policy.WithBody && !bodyInHand))
        {
            services.Counters.MirrorsDropped++;
            return;
        }

        var subrequest = services.RentSubrequest();
        WriteHead(context, subrequest);
        byte[]? copy = null;
        if (policy.WithBody && body.Length > 0)
        {
            copy = services.Shard.Buffers.Rent(body.Length);
            body.CopyTo(copy);
            subrequest.SetBody(copy, 0, body.Length);
        }

        services.MirrorsUnderWay++;
        services.Shard.Watch(RunAsync(subrequest, copy, services));
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private static async ValueTask<bool> RunAsync(Subrequest subrequest, byte[]? body, ShardServices services)
    {
        try
        {
            await subrequest.SendAsync();
            await subrequest.EndAsync();
        }
        finally
        {
            services.MirrorsUnderWay--;
            if (body is not null)
            {
                services.Shard.Buffers.Return(body);
            }
        }

        services.Return(subrequest);
        return true;
    }

    private void WriteHead(RequestContext context, Subrequest subrequest)
    {
        var target = context.MirrorTarget;
        target.Clear();
        _destination.AppendPath(context, target);
        if (_destination.PathIsLiteral && context.Query.Length > 0)
        {
            target.Append((byte)'?');
            target.Append(context.Query);
        }

        subrequest.Begin(_destination, context.Head.MethodToken, target.Written);
        subrequest.Add("Host"u8, _host);
        var headers = context.Head.Headers;
        foreach (ref readonly var field in headers.Fields)
        {
            if (!Withheld.Contains(field.Id) && context.Settings.HeaderNames.Accepts(headers.Name(in field)))
            {
                subrequest.Add(headers.Name(in field), headers.Value(in field));
            }
        }
    }
}
