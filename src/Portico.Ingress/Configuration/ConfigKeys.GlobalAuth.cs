using Portico.Ingress.Annotations;

namespace Portico.Ingress.Configuration;

/// <summary>The keys <c>global-auth-*</c>.</summary>
internal static partial class ConfigKeys
{
    /// <summary>As in ingress-nginx, what is no URL switches nothing on. It is an error in the log: somebody believes the door closed.</summary>
    private static bool TakeGlobalAuthUrl(ConfigurationDraft draft, string text)
    {
        if (text.Length > 0 && !SubrequestUrl.TryParse(text, draft.ClusterDomain, out _, out var problem))
        {
            draft.Partial.Add(("global-auth-url", $"{problem}; NO authentication is asked for on its account"));
            return true;
        }

        draft.GlobalAuth = draft.GlobalAuth with { Url = text };
        return true;
    }

    private static bool TakeGlobalAuthMethod(ConfigurationDraft draft, string text)
    {
        if (text.Length > 0 && !ExternalAuth.AuthMethod.Value.Accepts(text))
        {
            return false;
        }

        draft.GlobalAuth = draft.GlobalAuth with { Method = text };
        return true;
    }

    private static bool TakeGlobalAuthSignin(ConfigurationDraft draft, string text)
    {
        if (text.Length > 0 && !ExternalAuth.IsSigninUrl(text))
        {
            return false;
        }

        draft.GlobalAuth = draft.GlobalAuth with { Signin = text };
        return true;
    }

    /// <summary>Names that are none are left out one by one.</summary>
    private static bool TakeGlobalAuthHeaders(ConfigurationDraft draft, string text)
    {
        var names = GoValues.List(text);
        foreach (var name in names.Where(name => !HeaderText.IsName(name)))
        {
            draft.Partial.Add(("global-auth-response-headers", $"'{name}' is no header name; it is left out"));
        }

        draft.GlobalAuth = draft.GlobalAuth with { ResponseHeaders = string.Join(',', names.Where(HeaderText.IsName)) };
        return true;
    }

    private static bool TakeGlobalAuthSnippet(ConfigurationDraft draft, string text)
    {
        if (!AuthSnippet.TryRead(text, out _, out var problem))
        {
            draft.Partial.Add(("global-auth-snippet", $"{problem}; the paths that global-auth-url guards answer 503"));
        }

        draft.GlobalAuth = draft.GlobalAuth with { Snippet = text };
        return true;
    }

    private static bool TakeGlobalAuthCacheDuration(ConfigurationDraft draft, string text)
    {
        var valid = AuthCacheDurations.TryParse(text, out _);
        draft.GlobalAuth = draft.GlobalAuth with { CacheDuration = valid && text.Length > 0 ? text : AuthCacheDurations.Usual };
        return valid;
    }
}
