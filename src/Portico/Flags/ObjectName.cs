namespace Portico.Flags;

/// <summary>An object of a kind that the flag implies, written <c>namespace/name</c>.</summary>
internal readonly record struct ObjectName(string Namespace, string Name)
{
    public static bool TryParse(string text, out ObjectName name)
    {
        var parts = text.Split('/');
        var complete = parts is [{ Length: > 0 }, { Length: > 0 }];
        name = complete ? new ObjectName(parts[0], parts[1]) : default;
        return complete;
    }

    public override string ToString() => $"{Namespace}/{Name}";
}
