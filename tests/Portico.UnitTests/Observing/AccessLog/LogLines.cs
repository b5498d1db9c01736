using System.Text;
using Portico.Http.Messages;
using Portico.Model;
using Portico.Proxy.Requests;
using HttpMethod = Portico.Http.Messages.HttpMethod;

namespace Portico.UnitTests.Observing.AccessLog;

/// <summary>A finished request to log: GET /a?b=1 from 192.0.2.7 with the given headers.</summary>
internal static class LogLines
{
    public static RequestContext Request(params (string Name, string Value)[] headers)
    {
        var bytes = new List<byte>(Encoding.ASCII.GetBytes("GET /a?b=1 HTTP/1.1\r\n"));
        var context = new RequestContext();
        var ranges = new List<(int, int, int, int)>();
        foreach (var (name, value) in headers)
        {
            var at = bytes.Count;
            bytes.AddRange(Encoding.Latin1.GetBytes($"{name}: {value}\r\n"));
            ranges.Add((at, name.Length, at + name.Length + 2, value.Length));
        }

        var head = context.Head;
        head.Headers.Buffer = [.. bytes];
        foreach (var (name, nameLength, value, valueLength) in ranges)
        {
            head.Headers.Add(name, nameLength, value, valueLength);
        }

        head.Method = HttpMethod.Get;
        head.Version = HttpVersion.Http11;
        head.MethodRange = new ByteRange(0, 3);
        head.TargetRange = new ByteRange(4, 6);
        head.PathAndQueryRange = head.TargetRange;
        context.Connection.SetPeer(ClientAddress.From(System.Net.IPAddress.Parse("192.0.2.7")), 40000);
        context.Status = 200;
        context.BodyBytesSent = 98;
        context.BytesSent = 300;
        context.RequestLength = 120;
        context.UpstreamName = "default-echo-80"u8.ToArray();
        ref var attempt = ref context.AddAttempt("10.0.0.1:8080"u8.ToArray());
        attempt.Status = 200;
        attempt.ResponseMicroseconds = 11_000;
        attempt.ResponseLength = 98;
        context.Finish(
            12 * System.Diagnostics.Stopwatch.Frequency / 1000, new DateTime(2026, 11, 21, 9, 30, 0, DateTimeKind.Utc).Ticks);
        return context;
    }
}
