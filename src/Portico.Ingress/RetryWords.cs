using System.Collections.Immutable;
using Portico.Model.Policies;

namespace Portico.Ingress;

/// <summary>The words of proxy-next-upstream, as annotation and ConfigMap key write them.</summary>
internal static class RetryWords
{
    private static readonly ImmutableArray<(string Word, RetryOn Flag)> Table =
    [
        ("error", RetryOn.Error), ("timeout", RetryOn.Timeout), ("invalid_header", RetryOn.InvalidHeader),
        ("http_500", RetryOn.Http500), ("http_502", RetryOn.Http502), ("http_503", RetryOn.Http503), ("http_504", RetryOn.Http504),
        ("http_403", RetryOn.Http403), ("http_404", RetryOn.Http404), ("http_429", RetryOn.Http429),
        ("non_idempotent", RetryOn.NonIdempotent), ("off", RetryOn.Off),
    ];

    public static ImmutableArray<string> All { get; } = [.. Table.Select(t => t.Word)];

    /// <summary>The word <c>off</c> switches all others off.</summary>
    public static bool TryParse(string text, bool retryNonIdempotent, out RetryOn on)
    {
        on = retryNonIdempotent ? RetryOn.NonIdempotent : RetryOn.Off;
        var off = false;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var index = All.IndexOf(word);
            if (index < 0)
            {
                return false;
            }

            off |= word == "off";
            on |= Table[index].Flag;
        }

        on = off ? RetryOn.Off : on;
        return true;
    }
}
