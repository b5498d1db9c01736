using System.Text.RegularExpressions;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;

namespace Portico.BehaviourTests;

/// <summary>Compares what came with what a case expects, in words.</summary>
internal static class Comparison
{
    public static IReadOnlyList<string> Differences(Expectation expect, Answer response, (string Backend, ReceivedRequest Request)? seen, string? certificate)
    {
        var differences = new List<string>();
        if (response.Status != expect.Status)
        {
            differences.Add($"status {response.Status} instead of {expect.Status}");
        }
        if (expect.Certificate is not null && certificate != expect.Certificate)
        {
            differences.Add($"certificate of {certificate} instead of {expect.Certificate}");
        }
        if (expect.Body is not null && !Holds(expect.Body, Text.Of(response.Body)))
        {
            differences.Add($"the body does not hold '{expect.Body}': {Text.Show(response.Body)}");
        }
        if (expect.BodyLacks is not null && Holds(expect.BodyLacks, Text.Of(response.Body)))
        {
            differences.Add($"the body holds '{expect.BodyLacks}'");
        }
        CompareHeaders("answer", expect.Headers, expect.Absent, response.Head, differences);
        CompareBackend(expect, seen, differences);
        return differences;
    }

    private static void CompareBackend(Expectation expect, (string Backend, ReceivedRequest Request)? seen, List<string> differences)
    {
        if (expect.Reaches == "nobody")
        {
            if (seen is not null)
            {
                differences.Add($"the request reached {seen.Value.Backend}");
            }
            return;
        }
        var mustReach = expect.Reaches is not null || expect.BackendPath is not null || expect.BackendMethod is not null
            || expect.BackendBody is not null || expect.BackendHeaders.Count + expect.BackendAbsent.Count > 0;
        if (!mustReach)
        {
            return;
        }
        if (seen is not var (backend, request))
        {
            differences.Add("the request reached no backend");
            return;
        }
        Compare("backend", expect.Reaches, backend, differences);
        Compare("the backend's path", expect.BackendPath, request.Target, differences);
        Compare("the backend's method", expect.BackendMethod, request.Method, differences);
        Compare("the backend's body", expect.BackendBody, Text.Of(request.Body), differences);
        CompareHeaders("backend", expect.BackendHeaders, expect.BackendAbsent, request.Head, differences);
    }

    private static void CompareHeaders(string where, IEnumerable<KeyValuePair<string, string>> expected, IEnumerable<string> absent, MessageHead head, List<string> differences)
    {
        foreach (var (name, value) in expected)
        {
            var values = head.All(name);
            if (!values.Any(v => Matches(value, v)))
            {
                differences.Add(values.Count == 0 ? $"{where}: no {name}" : $"{where}: {name} is '{string.Join("' and '", values)}' instead of '{value}'");
            }
            else if (values.Count > 1 && expected.Count(e => e.Key.Equals(name, StringComparison.OrdinalIgnoreCase)) == 1)
            {
                differences.Add($"{where}: {name} stands {values.Count} times");
            }
        }
        differences.AddRange(absent.Where(head.Has).Select(name => $"{where}: {name} should be absent, is '{string.Join("' and '", head.All(name))}'"));
    }

    private static void Compare(string what, string? expected, string actual, List<string> differences)
    {
        if (expected is not null && !Matches(expected, actual))
        {
            differences.Add($"{what} is '{actual}' instead of '{expected}'");
        }
    }

    /// <summary>Whether a text is part of another, or an expression written as <c>re:expression</c> matches in it.</summary>
    public static bool Holds(string expected, string text) =>
        expected.StartsWith("re:", StringComparison.Ordinal) ? Regex.IsMatch(text, expected[3..], RegexOptions.Multiline) : text.Contains(expected, StringComparison.Ordinal);

    /// <summary>Equal, or matched by an expectation written as <c>re:expression</c>.</summary>
    private static bool Matches(string expected, string actual) =>
        expected.StartsWith("re:", StringComparison.Ordinal) ? Regex.IsMatch(actual, expected[3..]) : expected == actual;
}
