using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Portico.Http.Messages;
using Portico.Model;
using Portico.Proxy.Balancing;
using Portico.Proxy.Routing;
using Xunit;

namespace Portico.UnitTests.Routing;

/// <summary>The compiled host must pick the route that a scan of the model in order would pick, whatever the mixture.</summary>
public class MatchingPropertyTests
{
    [Fact]
    public void The_compiled_host_picks_what_a_scan_in_order_picks()
    {
        var cases = Gen.ListOf(Routes()).SelectMany(routes => Requests().Select(request => (Routes: routes.ToArray(), Request: request)));
        Prop.ForAll(cases.ToArbitrary(), sample =>
        {
            var (method, path, header, query) = sample.Request;
            (string, string)[] headers = header.Length == 0 ? [] : [("x-h", header)];
            var head = RequestText.Head(method, query.Length == 0 ? path : path + "?q=" + query, headers);
            var host = RoutingTable.Compile(Models.Gateway(Models.Host("h.test", sample.Routes)), null, new BackendRegistry(1)).Find("h.test")!;
            var expected = sample.Routes.FirstOrDefault(route => Takes(route.Match, method, path, header, query));
            return ReferenceEquals(host.Match(head.Path, head)?.Model, expected);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    private static Gen<string> Paths() =>
        Gen.Choose(0, 3).SelectMany(length => Gen.ListOf(Gen.Elements("/a", "/b", "/ab", "/"), length))
            .Select(pieces => string.Concat(pieces).Replace("//", "/", StringComparison.Ordinal).Replace("//", "/", StringComparison.Ordinal))
            .Select(path => path.Length == 0 ? "/" : path);

    private static Gen<Route> Routes()
    {
        var regexes = Gen.Elements("/a", "/a/?$", "/(a|b)", "/[ab]+$", "/a/.*b", "/", "/b|/ab", ".*ab$");
        var match = Gen.OneOf(
            Paths().Select(path => new PathMatch(PathMatchKind.Exact, path)),
            Paths().Select(path => new PathMatch(PathMatchKind.Prefix, path)),
            Paths().Select(path => new PathMatch(PathMatchKind.Prefix, path)),
            regexes.SelectMany(regex => Gen.Elements(true, false).Select(
                ignoreCase => new PathMatch(PathMatchKind.Regex, regex) { IgnoreCase = ignoreCase })));
        return match.SelectMany(path => Gen.Elements(null, null, "GET", "POST").SelectMany(method =>
            Gen.Elements("", "", "1").SelectMany(header => Gen.Elements("", "", "1").Select(query => new Route
            {
                Origin = new RouteOrigin(),
                Action = RouteAction.Forward.To(Models.Id("app")),
                Match = new RouteMatch
                {
                    Path = path,
                    Method = method,
                    Headers = header.Length == 0 ? [] : [new NamedValueMatch("X-H", ValueMatchKind.Exact, header)],
                    QueryParameters = query.Length == 0 ? [] : [new NamedValueMatch("q", ValueMatchKind.Exact, query)],
                },
            }))));
    }

    private static Gen<(string Method, string Path, string Header, string Query)> Requests() =>
        Paths().SelectMany(path => Gen.Elements("GET", "POST").SelectMany(method =>
            Gen.Elements("", "1", "2").SelectMany(header => Gen.Elements("", "1", "2").Select(query => (method, path, header, query)))));

    private static bool Takes(RouteMatch match, string method, string path, string header, string query) =>
        TakesPath(match.Path, path)
        && (match.Method is null || match.Method == method)
        && match.Headers.All(condition => condition.Value == header)
        && match.QueryParameters.All(condition => condition.Value == query);

    private static bool TakesPath(PathMatch match, string path) => match.Kind switch
    {
        PathMatchKind.Exact => path == match.Value,
        PathMatchKind.Prefix => path == match.Value
            || path.StartsWith(match.Value.EndsWith('/') ? match.Value : match.Value + "/", StringComparison.Ordinal),
        _ => Regex.IsMatch(path, "^" + match.Value, match.IgnoreCase ? RegexOptions.IgnoreCase : RegexOptions.None),
    };
}
