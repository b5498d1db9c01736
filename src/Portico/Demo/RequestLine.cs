using Spectre.Console;

namespace Portico.Demo;

/// <summary>One request as the demo shows it. <see cref="Format"/> is the log format that <see cref="Show"/> reads.</summary>
internal static class RequestLine
{
    public const string Format = "$status $request_time $proxy_upstream_name $req_id $request";

    public static void Show(string line, IAnsiConsole console)
    {
        if (line.Split(' ', 5) is not [var status, var time, var upstream, var id, var request])
        {
            console.WriteLine(line);
            return;
        }

        var colour = status[0] switch
        {
            '2' => "green",
            '3' => "yellow",
            _ => "red",
        };
        console.MarkupLine($"[{colour}]{status.EscapeMarkup()}[/] {request.EscapeMarkup()} [grey]{upstream.EscapeMarkup()}  {time.EscapeMarkup()} s  {id.EscapeMarkup()}[/]");
    }
}
