namespace Portico.Admin.Admission;

/// <summary>What one review came to, for metrics and the log.</summary>
/// <param name="TestedIngresses">How many Ingresses it was held against.</param>
/// <param name="ReviewSeconds">The review alone.</param>
/// <param name="RoundTripSeconds">From the first byte of the request's head to the answer.</param>
public readonly record struct AdmissionRecord(
    string Namespace, string Name, bool Allowed, string Message, int TestedIngresses, long ObjectBytes, double ReviewSeconds, double RoundTripSeconds);
