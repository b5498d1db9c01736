using System.Text.Json;
using Portico.Model;

namespace Portico.Admin.Pages;

/// <summary>Listeners and certificates on the configuration page. Of a certificate only what every client may see.</summary>
internal static class ListenerJson
{
    public static void Write(Utf8JsonWriter json, Listener listener, int hostTable)
    {
        json.WriteStartObject();
        json.WriteString("name", listener.Name);
        json.WriteString("protocol", JsonValues.NameOf(listener.Protocol));
        json.WriteNumber("port", listener.Port);
        json.WriteNumber("hosts", hostTable);
        json.WriteStartObject("passthrough");
        foreach (var (serverName, backend) in listener.Passthrough.OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            BackendJson.WriteId(json, serverName, backend);
        }

        json.WriteEndObject();
        if (listener.Certificates is { } certificates)
        {
            json.WriteStartObject("certificates");
            json.WriteString("default", certificates.Default.Name);
            json.WriteStartObject("byServerName");
            foreach (var (serverName, certificate) in certificates.ByServerName.OrderBy(e => e.Key, StringComparer.Ordinal))
            {
                json.WriteString(serverName, certificate?.Name);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, StreamListener listener)
    {
        json.WriteStartObject();
        json.WriteString("protocol", JsonValues.NameOf(listener.Protocol));
        json.WriteNumber("port", listener.Port);
        BackendJson.WriteId(json, "backend", listener.Backend);
        json.WriteBoolean("acceptsProxyProtocol", listener.AcceptsProxyProtocol);
        json.WriteBoolean("sendsProxyProtocol", listener.SendsProxyProtocol);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, Certificate certificate)
    {
        json.WriteStartObject();
        json.WriteString("name", certificate.Name);
        json.WriteString("fingerprint", certificate.Fingerprint);
        json.WriteString("subject", certificate.Subject);
        json.WriteStrings("dnsNames", certificate.DnsNames);
        json.WriteBoolean("mustStaple", certificate.MustStaple);
        json.WriteString("notBefore", certificate.NotBefore);
        json.WriteString("notAfter", certificate.NotAfter);
        json.WriteEndObject();
    }
}
