using System.Text;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.TestKit.SecondParsers;

namespace Portico.UnitTests.Http;

/// <summary>Runs the request parser over a text, in one or several pieces.</summary>
internal sealed record ParsedRequest(ParseStatus Status, ParseError Error, RequestHead Head)
{
    public static ParsedRequest Whole(string text, HeadLimits? limits = null) => InPieces(text, [text.Length], limits);

    public static ParsedRequest ByteByByte(string text, HeadLimits? limits = null) => InPieces(text, Enumerable.Range(1, text.Length), limits);

    public static ParsedRequest CutAt(string text, int cut, HeadLimits? limits = null) => InPieces(text, [cut, text.Length], limits);

    public IReadOnlyList<(string Name, string Value)> Headers
    {
        get
        {
            var list = new List<(string, string)>();
            foreach (var header in Head.Headers.Fields)
            {
                list.Add((Encoding.Latin1.GetString(Head.Headers.Name(in header)), Encoding.Latin1.GetString(Head.Headers.Value(in header))));
            }

            return list;
        }
    }

    public string Target => Encoding.Latin1.GetString(Head.Target);

    public string Method => Encoding.Latin1.GetString(Head.MethodToken);

    private static ParsedRequest InPieces(string text, IEnumerable<int> ends, HeadLimits? limits)
    {
        var bytes = SlowRequestReader.Bytes(text);
        var parser = new Http1RequestParser();
        var head = new RequestHead();
        var status = ParseStatus.NeedMore;
        foreach (var end in ends)
        {
            // A new array each time: the connection may move the bytes to a larger buffer between two reads.
            status = parser.Parse([.. bytes], end, limits ?? HeadLimits.Default, head);
            if (status != ParseStatus.NeedMore)
            {
                break;
            }
        }

        return new ParsedRequest(status, parser.Error, head);
    }
}
