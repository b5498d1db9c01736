namespace Portico.Flags.Declared;

/// <summary>The webhook that checks objects before the cluster takes them.</summary>
internal static class AdmissionFlags
{
    public static FlagGroup Group { get; } = new("Admission webhook");

    public static Flag<string> ValidatingWebhook { get; } = Group.Add(
        FlagTypes.HostAndPort, "validating-webhook", "", "Where the webhook listens.");

    public static Flag<string> ValidatingWebhookCertificate { get; } = Group.Add(
        FlagTypes.File, "validating-webhook-certificate", "", "Its certificate, PEM.");

    public static Flag<string> ValidatingWebhookKey { get; } = Group.Add(
        FlagTypes.File, "validating-webhook-key", "", "The key of the certificate, PEM.");

    public static Flag<bool> ValidatingWebhookSelfSigned { get; } = Group.Add(
        FlagTypes.Switch, "validating-webhook-self-signed", false, "Make the certificate, keep it in a Secret, and write its CA into the webhook's configuration.");

    public static Flag<string> ValidatingWebhookName { get; } = Group.Add(
        FlagTypes.Name, "validating-webhook-name", "portico-admission", "The name of that Secret, that configuration, and the webhook's Service.");
}
