using System.Collections.Immutable;

namespace Portico.Ingress.Admission;

/// <summary>What a review of an Ingress comes to.</summary>
/// <param name="Message">Why it is refused; empty when it is not.</param>
/// <param name="Warnings">What kubectl shows in either case.</param>
public sealed record AdmissionVerdict(bool Allowed, string Message, ImmutableArray<string> Warnings)
{
    public static AdmissionVerdict Allow(params ImmutableArray<string> warnings) => new(true, "", warnings);

    public static AdmissionVerdict Refuse(string message, params ImmutableArray<string> warnings) => new(false, message, warnings);
}
