using System.Text;
using Portico.Model;
using Portico.Net.Tls;
using Portico.Proxy.Answers;
using Portico.Proxy.Balancing;
using Portico.Proxy.Observing.Metrics;
using Portico.Proxy.Policies;
using Portico.Proxy.Requests;
using Portico.Proxy.Routing.Patterns;

namespace Portico.Proxy.Routing;

/// <summary>Compiles virtual hosts, one after the other, for one snapshot. Control thread.</summary>
internal sealed class HostCompiler(GatewayModel model, BackendRegistry backends, RequestMetrics? metrics, PolicyState state)
{
    private readonly List<RoutingProblem> _problems = [];
    private string _host = "";

    public CompiledHost Compile(VirtualHost host)
    {
        _problems.Clear();
        _host = host.Name;
        var routes = new CompiledRoute[host.Routes.Length];
        for (var i = 0; i < routes.Length; i++)
        {
            routes[i] = CompileRoute(host, host.Routes[i]);
        }

        var names = CompileNames(host);
        var closed = host.Denial is not null;
        var certificates = CompileClientCertificates(host, ref closed);
        var rules = CompileTls(host, certificates);
        return new CompiledHost(host, routes, names, [.. _problems]) { ClientCertificates = certificates, TlsRules = rules, IsClosed = closed };
    }

    /// <summary>Rules that cannot be followed close the host: nobody is let in by a mistake in them.</summary>
    private ClientCertificateFilter? CompileClientCertificates(VirtualHost host, ref bool closed)
    {
        if (host.ClientCertificates is not { } policy)
        {
            return null;
        }

        if (!ClientCertificateFilter.TryCompile(policy, out var filter, out var error))
        {
            closed = true;
            _problems.Add(new RoutingProblem(_host, null, RoutingProblem.BadTls, $"client certificates: {error}; the host answers 403"));
        }

        return filter;
    }

    private TlsHostRules? CompileTls(VirtualHost host, ClientCertificateFilter? certificates)
    {
        var ciphers = host.Tls?.Ciphers;
        if (ciphers is not null && TlsHostRules.FindCipherProblem(ciphers) is { } problem)
        {
            _problems.Add(new RoutingProblem(_host, null, RoutingProblem.BadTls, $"{problem}; the ciphers of the installation are used"));
            ciphers = null;
        }

        var preference = host.Tls?.PreferServerCiphers;
        return certificates?.Verification is null && ciphers is null && preference is null
            ? null
            : new TlsHostRules(certificates?.Verification, ciphers, preference);
    }

    private CompiledRoute CompileRoute(VirtualHost host, Route route)
    {
        var path = route.Match.Path;
        var refusal = "";
        BytePattern? pattern = null;
        if (path.Kind == PathMatchKind.Regex && !BytePattern.TryCompile(path.Value, PatternScope.FromStart, path.IgnoreCase, out pattern, out refusal))
        {
            refusal = $"path '{path.Value}': {refusal}";
            pattern = RefusedPath.PatternFor(path);
        }

        var conditions = CompileConditions(route.Match, ref refusal);
        if (refusal.Length > 0)
        {
            _problems.Add(new RoutingProblem(_host, route.Origin, RoutingProblem.BadRegex, $"{refusal}; the route answers 503"));
            route = RefusedPath.Close(route);
        }

        var policies = CompilePolicies(route);
        return new CompiledRoute(route, policies, CompileTargets(route.Action))
        {
            Pattern = pattern,
            Conditions = conditions,
            Substitute = route.Substitute is { } substitute ? Resolve(substitute) : null,
            Mirror = CompileMirror(route, policies),
            Metrics = metrics?.For(route, host),
        };
    }

    private RoutePolicies CompilePolicies(Route route)
    {
        var settings = CompiledSettings.For(model.Settings);
        var policies = RoutePolicies.Compile(route, settings, new PolicyBindings(state, Resolve));
        // Who closed a route in the model has told so; what all routes have from the settings is told once, with the settings.
        if (policies.Denial is { } denial && route.Denial is null)
        {
            _problems.Add(new RoutingProblem(_host, route.Origin, denial.Answer.Reason == AnswerReason.BadRegex ? RoutingProblem.BadRegex : RoutingProblem.BadTls, $"{denial.Cause}; the route answers {denial.Answer.Status}"));
        }

        foreach (var name in policies.UnknownVariables.Except(settings.ResponseHeaders.UnknownVariables))
        {
            _problems.Add(RoutingProblem.NoSuchVariable(_host, route.Origin, name));
        }

        return policies;
    }

    private MirrorFilter? CompileMirror(Route route, RoutePolicies policies)
    {
        if (route.Mirror is not { } mirror || policies.Denial is not null)
        {
            return null;
        }

        var filter = new MirrorFilter(mirror, Resolve(mirror.Target.Backend), policies.Rewrite?.GroupNames);
        foreach (var name in filter.UnknownVariables)
        {
            _problems.Add(RoutingProblem.NoSuchVariable(_host, route.Origin, name));
        }

        return filter;
    }

    private ForwardTarget[] CompileTargets(RouteAction action) => action is RouteAction.Forward forward
        ? [.. forward.Backends.Select(target => new ForwardTarget(Resolve(target.Backend), target.Weight))]
        : [];

    /// <summary>A backend that the model does not hold has no endpoints until it appears there.</summary>
    private BackendState Resolve(BackendId id) => backends.GetOrAdd(
        model.Backends.TryGetValue(id, out var backend) ? backend : new Backend { Id = id, Name = id.ToString() });

    private static RequestConditions CompileConditions(RouteMatch match, ref string refusal)
    {
        if (match.Method is null && match.Headers.IsEmpty && match.QueryParameters.IsEmpty)
        {
            return RequestConditions.None;
        }

        var headers = new List<ValueCondition>();
        foreach (var header in match.Headers)
        {
            headers.Add(CompileCondition(header, "header", ref refusal));
        }

        var parameters = new List<ValueCondition>();
        foreach (var parameter in match.QueryParameters)
        {
            parameters.Add(CompileCondition(parameter, "query parameter", ref refusal));
        }

        return new RequestConditions
        {
            Method = match.Method is null ? null : Encoding.UTF8.GetBytes(match.Method),
            Headers = [.. headers],
            QueryParameters = [.. parameters],
        };
    }

    private static ValueCondition CompileCondition(NamedValueMatch match, string what, ref string refusal)
    {
        var name = Encoding.UTF8.GetBytes(match.Name);
        if (match.Kind == ValueMatchKind.Exact)
        {
            return new ValueCondition(name, Encoding.UTF8.GetBytes(match.Value));
        }

        if (BytePattern.TryCompile(match.Value, PatternScope.Whole, ignoreCase: false, out var pattern, out var cause))
        {
            return new ValueCondition(name, pattern);
        }

        refusal = $"{what} {match.Name} '{match.Value}': {cause}";
        return new ValueCondition(name, RefusedPath.Anything);
    }

    private HostName[] CompileNames(VirtualHost host)
    {
        var names = new List<HostName>
        {
            host.Name == VirtualHost.AnyHost ? HostName.Any
                : HostName.IsWildcard(host.Name)
                    ? HostName.Wildcard(host.Name, host.WildcardReach == WildcardReach.OneLabel)
                    : HostName.Exact(host.Name),
        };
        foreach (var alias in host.Aliases)
        {
            if (CompileAlias(alias, out var cause) is { } name)
            {
                names.Add(name);
            }
            else
            {
                _problems.Add(new RoutingProblem(
                    host.Name, null, RoutingProblem.BadHostName, $"alias '{alias.Name}': {cause}; the alias is left out"));
            }
        }

        return [.. names];
    }

    private static HostName? CompileAlias(HostAlias alias, out string cause)
    {
        cause = "a wildcard must start with '*.'";
        switch (alias.Kind)
        {
            case HostAliasKind.Exact:
                return HostName.Exact(alias.Name);
            case HostAliasKind.Wildcard:
                return HostName.IsWildcard(alias.Name) ? HostName.Wildcard(alias.Name, oneLabel: false) : null;
            default:
                // Hosts are looked up in lower case, and nginx ignores case in a server name that holds an upper-case letter.
                return BytePattern.TryCompile(alias.Name, PatternScope.Anywhere, ignoreCase: true, out var pattern, out cause)
                    ? HostName.OfPattern(pattern)
                    : null;
        }
    }
}
