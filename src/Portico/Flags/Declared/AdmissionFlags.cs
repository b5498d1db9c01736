namespace Portico.Flags.Declared;

/// <summary>The webhook that checks objects before the cluster takes them.</summary>
internal static class AdmissionFlags
{
    private const string NoWebhookYet = "the admission webhook is still to come";

    public static FlagGroup Group { get; } = new("Admission webhook");

    public static Flag<string> ValidatingWebhook { get; } = Group.AddNotYet(
        FlagTypes.HostAndPort, "validating-webhook", "", "Where the webhook listens.", NoWebhookYet);

    public static Flag<string> ValidatingWebhookCertificate { get; } = Group.AddNotYet(
        FlagTypes.File, "validating-webhook-certificate", "", "Its certificate, PEM.", NoWebhookYet);

    public static Flag<string> ValidatingWebhookKey { get; } = Group.AddNotYet(
        FlagTypes.File, "validating-webhook-key", "", "The key of the certificate, PEM.", NoWebhookYet);

    public static Flag<bool> ValidatingWebhookSelfSigned { get; } = Group.AddNotYet(
        FlagTypes.Switch, "validating-webhook-self-signed", false, "Make the certificate, keep it in a Secret, and write its CA into the webhook's configuration.", NoWebhookYet);

    public static Flag<string> ValidatingWebhookName { get; } = Group.AddNotYet(
        FlagTypes.Name, "validating-webhook-name", "portico-admission", "The name of that Secret, that configuration, and the webhook's Service.", NoWebhookYet);
}
