using System.Text;

namespace Portico.Kubernetes.Manifests;

/// <summary>Writes the way to a field as the API server does: <c>spec.rules[0].host</c>, <c>data[tls.crt]</c>.</summary>
internal static class FieldPath
{
    /// <summary>A step that begins with <c>[</c> is an index that is already written.</summary>
    public static string Join(IEnumerable<string> steps)
    {
        var path = new StringBuilder();
        foreach (var step in steps)
        {
            if (step.StartsWith('['))
            {
                path.Append(step);
            }
            else if (path.Length > 0 && !step.All(static c => char.IsAsciiLetterOrDigit(c)))
            {
                path.Append('[').Append(step).Append(']');
            }
            else
            {
                path.Append(path.Length > 0 ? "." : "").Append(step);
            }
        }

        return path.ToString();
    }
}
