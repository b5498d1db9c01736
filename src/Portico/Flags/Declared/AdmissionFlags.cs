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
}
