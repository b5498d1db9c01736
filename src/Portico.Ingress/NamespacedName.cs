using System.Diagnostics.CodeAnalysis;

namespace Portico.Ingress;

/// <summary>Names a namespaced object of a known kind, as flags and ConfigMap keys write it: <c>namespace/name</c>.</summary>
public readonly record struct NamespacedName(string Namespace, string Name)
{
    public static bool TryParse([NotNullWhen(true)] string? text, out NamespacedName name)
    {
        var slash = text?.IndexOf('/') ?? -1;
        if (slash <= 0 || slash == text!.Length - 1 || text.IndexOf('/', slash + 1) >= 0)
        {
            name = default;
            return false;
        }

        name = new NamespacedName(text[..slash], text[(slash + 1)..]);
        return true;
    }

    public override string ToString() => $"{Namespace}/{Name}";
}
