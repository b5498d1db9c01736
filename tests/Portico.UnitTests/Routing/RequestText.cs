using System.Text;
using Portico.Http.Messages;

namespace Portico.UnitTests.Routing;

/// <summary>Builds request heads from text, without a parser.</summary>
internal static class RequestText
{
    public static RequestHead Get(string target) => Head("GET", target);

    public static RequestHead Head(string method, string target, params (string Name, string Value)[] headers)
    {
        var head = new RequestHead();
        var bytes = new List<byte>();
        head.MethodRange = Append(bytes, method);
        head.TargetRange = Append(bytes, target);
        head.PathAndQueryRange = head.TargetRange;
        var fields = headers.Select(header => (Name: Append(bytes, header.Name), Value: Append(bytes, header.Value))).ToList();
        head.Headers.Buffer = [.. bytes];
        foreach (var (name, value) in fields)
        {
            head.Headers.Add(name.Start, name.Length, value.Start, value.Length);
        }

        return head;
    }

    private static ByteRange Append(List<byte> bytes, string text)
    {
        var range = new ByteRange(bytes.Count, Encoding.Latin1.GetByteCount(text));
        bytes.AddRange(Encoding.Latin1.GetBytes(text));
        return range;
    }
}
