using Portico.Proxy.Observing.Metrics;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Observing;

/// <summary>
/// The text of <c>/nginx_status</c>, as nginx's stub_status writes it: connections, requests. The numbers are those of all shards at about the
/// same moment.
/// </summary>
internal static class ServerStatus
{
    public static void Write(ProxyMetrics metrics, ByteBuilder output)
    {
        var active = metrics.Sum(static c => c.ConnectionsActive);
        var reading = metrics.Sum(static c => c.ConnectionsReading);
        var writing = metrics.Sum(static c => c.ConnectionsWriting);
        output.Clear();
        output.Append("Active connections: "u8);
        output.AppendDecimal(active);
        output.Append(" \nserver accepts handled requests\n "u8);
        output.AppendDecimal(metrics.Sum(static c => c.ConnectionsAccepted));
        output.Append(" "u8);
        output.AppendDecimal(metrics.Sum(static c => c.ConnectionsHandled));
        output.Append(" "u8);
        output.AppendDecimal(metrics.Sum(static c => c.Requests));
        output.Append(" \nReading: "u8);
        output.AppendDecimal(reading);
        output.Append(" Writing: "u8);
        output.AppendDecimal(writing);
        output.Append(" Waiting: "u8);
        // With HTTP/2 a connection may serve several requests.
        output.AppendDecimal(Math.Max(0, active - reading - writing));
        output.Append(" \n"u8);
    }
}
