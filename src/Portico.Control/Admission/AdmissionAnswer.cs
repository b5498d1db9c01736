namespace Portico.Control.Admission;

/// <summary>What the webhook answers.</summary>
public readonly record struct AdmissionAnswer(bool Allowed, string Message, IReadOnlyList<string> Warnings);
