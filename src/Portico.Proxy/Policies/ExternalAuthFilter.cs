using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Net.Async;
using Portico.Proxy.Answers;
using Portico.Proxy.Balancing;
using Portico.Proxy.ExternalAuth;
using Portico.Proxy.Forwarding;
using Portico.Proxy.Headers;
using Portico.Proxy.Requests;
using Portico.Proxy.Subrequests;

namespace Portico.Proxy.Policies;

/// <summary>
/// Asks a service about the request (nginx's auth_request): 2xx lets it through, 401 and 403 are passed on, everything else, silence and
/// nonsense are 500. Nothing of the protected backend is touched before the answer is there. Immutable, shared by all shards; kept
/// answers are in <see cref="AuthAnswerCache"/>.
/// </summary>
internal sealed class ExternalAuthFilter
{
    private readonly ExternalAuthPolicy _policy;
    private readonly PolicyState _state;
    private readonly SubrequestDestination _destination;
    private readonly AuthQuestion _question;
    private readonly byte[][] _responseHeaders;
    private readonly CompiledTemplate? _signin;
    private readonly CompiledTemplate? _cacheKey;

    /// <summary>Host, rule and URL: what tells kept answers of different routes apart.</summary>
    private readonly byte[] _cacheScope;

    public ExternalAuthFilter(ExternalAuthPolicy policy, Route route, PolicyState state, Func<BackendId, BackendState> resolve)
    {
        _policy = policy;
        _state = state;
        _destination = new SubrequestDestination(policy.Target, resolve(policy.Target.Backend))
        {
            HeadBufferBytes = route.Upstream.HeadBufferBytes,
            Http10 = route.Upstream.Http10,
            KeepAlive = policy.KeepAlive is { } keep ? new SubrequestKeepAlive(keep.Connections, keep.Requests, keep.IdleTimeout) : null,
        };
        _question = new AuthQuestion(policy);
        _responseHeaders = [.. policy.ResponseHeaders.Select(Encoding.ASCII.GetBytes)];
        _signin = policy.Signin is null ? null : CompiledTemplate.Compile(policy.Signin);
        _cacheKey = policy.Cache is null ? null : CompiledTemplate.Compile(policy.Cache.Key);
        _cacheScope = Encoding.UTF8.GetBytes(
            $"{route.Origin.Host}\n{route.Origin.Path}\n{route.Match.Path.Kind}\n{policy.Target.Backend}{policy.Target.Path.Source}\n{policy.Method}\n{string.Join(',', policy.ResponseHeaders)}\n");
    }

    /// <summary>Names that the backend gets from the answer, and from nobody else.</summary>
    public byte[][] ResponseHeaders => _responseHeaders;

    public ImmutableArray<string> UnknownVariables =>
        [.. _destination.UnknownVariables, .. _question.UnknownVariables, .. _signin?.UnknownNames ?? [], .. _cacheKey?.UnknownNames ?? []];

    /// <returns><see cref="AnswerReason.None"/> when the service lets the request through. Its answer stands in the request.</returns>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public async ValueTask<AnswerReason> CheckAsync(RequestContext context, ShardServices services)
    {
        AuthAnswer? answer;
        if (_cacheKey is null)
        {
            answer = await AskAsync(context, services, cacheKey: null);
        }
        else
        {
            var key = KeyOf(context);
            if (!_state.AuthAnswers.TryGet(key, out answer))
            {
                answer = _state.AuthAnswers.Join(key, services.Shard) is { } asked
                    ? await asked.Task ?? await AskAsync(context, services, cacheKey: null)
                    : await AskAsync(context, services, key);
            }
        }

        context.AuthAnswer = answer;
        return answer.Admits ? AnswerReason.None
            : answer.Status == 401 ? AnswerReason.AuthDenied
            : answer.Status == 403 ? AnswerReason.AuthForbidden
            : AnswerReason.AuthFailed;
    }

    /// <summary>Whether the service's cookies go with an answer of that status.</summary>
    public bool PassesCookies(int status) => _policy.AlwaysSetCookie || status is 200 or 201 or 204 or 206 or 301 or 302 or 303 or 304 or 307 or 308;

    public bool HasSignin => _signin is not null;

    /// <summary>The sign-in page instead of a 401, where there is one.</summary>
    public bool TrySignin(RequestContext context, out OwnAnswer answer)
    {
        answer = default;
        if (_signin is null)
        {
            return false;
        }

        var location = context.Location;
        location.Clear();
        _signin.Append(context, location);
        HeaderValue.Clean(location.WrittenFrom(0));
        answer = OwnAnswer.For(AnswerReason.AuthSignin);
        return true;
    }

    /// <summary>What nginx logs for a question: the answer's status, or what a proxy would say about a service that gives none.</summary>
    private static int StatusOf(SubrequestStatus sent, Subrequest request) => sent switch
    {
        SubrequestStatus.Answered => request.Response.Status,
        SubrequestStatus.NoEndpoint => 503,
        SubrequestStatus.TimedOut => 504,
        _ => 502,
    };

    private UInt128 KeyOf(RequestContext context)
    {
        var scratch = context.Scratch;
        scratch.Clear();
        scratch.Append(_cacheScope);
        _cacheKey!.Append(context, scratch);
        return _state.KeyOf(scratch.Written);
    }

    /// <summary>Asks the service. With a key others may be waiting: they are told in every case.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<AuthAnswer> AskAsync(RequestContext context, ShardServices services, UInt128? cacheKey)
    {
        var answer = AuthAnswer.Failed;
        var lifetime = TimeSpan.Zero;
        try
        {
            var request = services.RentSubrequest();
            _question.Write(context, _destination, request);
            var started = services.Shard.NowTicks;
            var sent = await request.SendAsync();
            context.NoteAuthQuestion(request.LastEndpoint, StatusOf(sent, request), started, services.Shard.NowTicks);
            if (sent == SubrequestStatus.Answered)
            {
                answer = AuthAnswer.Read(request.Response, _responseHeaders);
                if (cacheKey is not null)
                {
                    lifetime = AuthAnswerLifetime.Of(request.Response, _policy.Cache!, DateTime.UtcNow);
                }
            }

            await request.EndAsync();
            services.Return(request);
        }
        finally
        {
            if (cacheKey is { } key)
            {
                _state.AuthAnswers.Complete(key, answer, lifetime);
            }
        }

        return answer;
    }
}
