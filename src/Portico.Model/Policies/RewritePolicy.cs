using Portico.Model.Text;

namespace Portico.Model.Policies;

/// <summary>Replaces the whole path by a template, filled with the groups of a match on the normalised path.</summary>
/// <param name="Pattern">A regular expression, not anchored, letters in either case (nginx: <c>rewrite "(?i)path" target break</c>).</param>
/// <param name="Target">May hold groups and variables; one that starts with <c>http://</c> or <c>https://</c> becomes a 302.</param>
/// <param name="ForwardedPrefix">Sent as X-Forwarded-Prefix when the rewrite takes place; null for none.</param>
public sealed record RewritePolicy(string Pattern, Template Target, Template? ForwardedPrefix = null);
