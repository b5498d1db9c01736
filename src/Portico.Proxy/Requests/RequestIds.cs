namespace Portico.Proxy.Requests;

/// <summary>
/// Makes request ids: 32 lower-case hexadecimal digits. They tell requests apart and are no secret, so the generator is
/// the runtime's per-thread xoshiro, which the operating system seeds; no thread waits for another.
/// </summary>
internal static class RequestIds
{
    public const int Length = 32;

    public static void Write(Span<byte> destination)
    {
        Span<byte> random = stackalloc byte[Length / 2];
        Random.Shared.NextBytes(random);
        Convert.TryToHexStringLower(random, destination, out _);
    }
}
