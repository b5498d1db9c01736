using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Portico.Admin.Pages;
using Portico.Model;
using Portico.Model.Text;
using Xunit;

namespace Portico.UnitTests.Admin;

public class ConfigurationPageTests
{
    /// <summary>Members that the page leaves out on purpose, or shows under another name.</summary>
    private static readonly HashSet<string> Elsewhere =
    [
        "ChainPem", "KeyPem", "Hash", // Secrets, and bytes that say nothing to a reader.
        "Policy", // Of a redirecting action: the action's own object.
        "Address", // Of an endpoint: one text with its port.
        "EqualityContract", "IsDefault", "IsEmpty", "IsLiteral",
    ];

    private static async Task<JsonElement> PageAsync(GatewayModel model)
    {
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { Response = { Body = body } };
        await ConfigurationPage.WriteAsync(context.Response, model, CancellationToken.None);
        return JsonDocument.Parse(body.ToArray()).RootElement;
    }

    [Fact]
    public async Task Every_member_of_the_model_is_on_the_page()
    {
        var names = new HashSet<string>();
        CollectNames(await PageAsync(SampleModel.Full), names);

        Assert.All(MembersOf(SampleModel.Full, []), member => Assert.Contains(names, n => n.StartsWith(member, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Values_stand_where_one_looks_for_them()
    {
        var page = await PageAsync(SampleModel.Full);
        var route = page.GetProperty("hostTables")[0][0].GetProperty("routes")[0];

        Assert.Equal("/(a|b)", route.GetProperty("match").GetProperty("path").GetProperty("value").GetString());
        Assert.Equal("echo", route.GetProperty("action").GetProperty("forward")[0].GetProperty("backend").GetProperty("service").GetString());
        Assert.Equal(1.5m, route.GetProperty("upstream").GetProperty("connectTimeoutSeconds").GetDecimal());
        Assert.Equal(["error", "http503"], route.GetProperty("upstream").GetProperty("retry").GetProperty("on").EnumerateArray().Select(e => e.GetString()));
        Assert.Equal("10.0.0.0/8", route.GetProperty("sourceRanges").GetProperty("deny")[0].GetString());
        Assert.Equal("[2001:db8::1]:8080", page.GetProperty("backends")[0].GetProperty("endpoints")[1].GetString());
        Assert.Equal("ab12", page.GetProperty("certificates")[0].GetProperty("fingerprint").GetString());
        Assert.Equal(1, page.GetProperty("certificates").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, page.GetProperty("listeners")[1].GetProperty("certificates").GetProperty("byServerName").GetProperty("x.test").ValueKind);
    }

    [Fact]
    public async Task Credentials_in_headers_are_withheld()
    {
        var headers = (await PageAsync(SampleModel.Full)).GetProperty("settings").GetProperty("requestHeaders").EnumerateArray()
            .ToDictionary(h => h.GetProperty("name").GetString()!, h => h.GetProperty("value").GetString());

        Assert.Equal("(withheld)", headers["Authorization"]);
        Assert.Equal("(withheld)", headers["X-Api-Token"]);
        Assert.Equal("$http_cookie", headers["Cookie"]);
    }

    [Fact]
    public async Task Policies_that_a_route_does_not_have_are_left_out()
    {
        var plain = new Route
        {
            Origin = new RouteOrigin(),
            Match = new RouteMatch { Path = new PathMatch(PathMatchKind.Exact, "/") },
            Action = new RouteAction.Health(),
        };
        var page = await PageAsync(new GatewayModel
        {
            Listeners = [SampleModel.Full.Listeners[0] with { Hosts = SampleModel.TableOf(new VirtualHost { Name = "h", Routes = [plain] }) }],
        });

        Assert.Equal(
            ["origin", "match", "action", "upstream", "maxBodyBytes", "accessLog", "metrics"],
            page.GetProperty("hostTables")[0][0].GetProperty("routes")[0].EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public async Task Hosts_that_listeners_share_are_printed_once()
    {
        var table = SampleModel.TableOf(SampleModel.Host);
        var listener = SampleModel.Full.Listeners[0] with { Hosts = table };
        var page = await PageAsync(new GatewayModel { Listeners = [listener, listener with { Name = "other" }] });

        Assert.Equal(1, page.GetProperty("hostTables").GetArrayLength());
        Assert.All(page.GetProperty("listeners").EnumerateArray(), l => Assert.Equal(0, l.GetProperty("hosts").GetInt32()));
    }

    private static void CollectNames(JsonElement element, HashSet<string> names)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in element.EnumerateObject())
            {
                names.Add(property.Name);
                CollectNames(property.Value, names);
            }
        }
        else if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
            {
                CollectNames(item, names);
            }
        }
    }

    /// <summary>The names of all members of the records that are reachable, as the page should spell them.</summary>
    private static HashSet<string> MembersOf(object value, HashSet<string> members)
    {
        var type = value.GetType();
        if (value is IEnumerable items and not string)
        {
            foreach (var item in items)
            {
                if (item is not null)
                {
                    MembersOf(item, members);
                }
            }

            return members;
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>))
        {
            return type.GetProperty("Value")!.GetValue(value) is { } content ? MembersOf(content, members) : members;
        }

        if (type.Namespace is not ("Portico.Model" or "Portico.Model.Policies") || type.IsEnum || value is AddressRange or Template)
        {
            return members;
        }

        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => !Elsewhere.Contains(p.Name)))
        {
            if (property.GetValue(value) is { } content)
            {
                // Tables are printed as arrays or objects of their own; what they hold is walked through.
                if (type != typeof(HostTable))
                {
                    members.Add(JsonNamingPolicy.CamelCase.ConvertName(property.Name));
                }

                MembersOf(content, members);
            }
        }

        return members;
    }
}
