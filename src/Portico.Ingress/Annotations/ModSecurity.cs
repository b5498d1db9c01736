using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>The web application firewall. Not in effect yet: paths that ask for it are closed.</summary>
internal static class ModSecurity
{
    private const string NoInspection = "this version inspects no requests";

    public static readonly AnnotationDeclaration EnableModSecurity = new(
        "nginx.ingress.kubernetes.io/enable-modsecurity", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "unset",
        "Inspects requests.")
    { Scope = AnnotationScope.Ingress, ConfigKey = "enable-modsecurity", Guards = AccessGuard.Location, Effect = AnnotationEffect.NotYet, Because = NoInspection };

    public static readonly AnnotationDeclaration EnableOwaspCoreRules = new(
        "nginx.ingress.kubernetes.io/enable-owasp-core-rules", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "Adds the OWASP core rule set.")
    { Scope = AnnotationScope.Ingress, ConfigKey = "enable-owasp-modsecurity-crs", ReadWith = EnableModSecurity, Effect = AnnotationEffect.NotYet, Because = NoInspection };

    public static readonly AnnotationDeclaration TransactionId = new(
        "nginx.ingress.kubernetes.io/modsecurity-transaction-id", AnnotationRisk.High, ValueRule.NginxVariable, InvalidValue.UsesDefault, "none",
        "The transaction id in audit logs.")
    { Scope = AnnotationScope.Ingress, ReadWith = EnableModSecurity, Effect = AnnotationEffect.NotYet, Because = NoInspection };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        EnableModSecurity, EnableOwaspCoreRules, TransactionId,
    ];
}
