using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Portico.Model;
using Portico.Model.Text;

namespace Portico.Ingress.Annotations;

/// <summary>
/// Directives for the question to an authentication service, in the annotation and in the ConfigMap. What they are used for, headers of the
/// question, is translated; anything else closes the paths, because it may be what keeps clients out.
/// </summary>
internal static class AuthSnippet
{
    public static readonly AnnotationDeclaration Snippet = new(
        "nginx.ingress.kubernetes.io/auth-snippet", AnnotationRisk.Critical, ValueRule.Anything, InvalidValue.NotChecked, "none",
        "Directives for the question to the authentication service: proxy_set_header sets headers of it.")
    {
        ConfigKey = "global-auth-snippet",
        Difference = "with any other directive the paths answer 503, but for auth_request_set, which does nothing there in nginx either; a header that is set twice is sent once, the last one.",
    };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } = [Snippet];

    /// <param name="problem">Why the text cannot be honoured.</param>
    public static bool TryRead(string text, out ImmutableArray<HeaderTemplate> headers, [NotNullWhen(false)] out string? problem)
    {
        headers = [];
        if (!SnippetDirectives.TryRead(text, out var directives, out problem))
        {
            return false;
        }

        var read = ImmutableArray.CreateBuilder<HeaderTemplate>();
        foreach (var directive in directives)
        {
            switch (directive)
            {
                case ["proxy_set_header", var name, var value] when HeaderText.IsName(name) && !value.Any(char.IsControl):
                    read.Add(new HeaderTemplate(name, Template.Parse(value)));
                    break;
                case ["auth_request_set", _, _]:
                    // nginx looks at it only where the authentication is asked for, which is another location.
                    break;
                case ["proxy_set_header", ..]:
                    problem = $"'{string.Join(' ', directive)}' sets no header";
                    return false;
                default:
                    problem = $"there is no '{directive[0]}' for a question";
                    return false;
            }
        }

        headers = read.DrainToImmutable();
        return true;
    }
}
