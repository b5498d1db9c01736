using System.Text.Json;
using Portico.Kubernetes.Reading;

namespace Portico.Kubernetes.Api;

/// <summary>The API server's <c>v1 Status</c>: why something was not done.</summary>
/// <param name="Code">The HTTP status.</param>
/// <param name="Reason">One word, e.g. <c>Conflict</c>, <c>Expired</c>, <c>AlreadyExists</c>; empty when the server gave none.</param>
/// <param name="RetryAfter">How long the server asks to be left alone; zero when it does not.</param>
/// <param name="Continue">With an expired list: the token of the inconsistent rest.</param>
public sealed record ApiStatus(int Code, string Reason, string Message, TimeSpan RetryAfter = default, string Continue = "")
{
    /// <summary>The version or list that was asked for is gone: list again.</summary>
    public bool IsExpired => Code == 410 || Reason is "Expired" or "Gone";

    /// <summary>Reads a body; what is no Status becomes one with the text as its message.</summary>
    internal static ApiStatus Parse(int code, ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new FieldReader(body);
            var status = Read(ref reader, code);
            if (reader.Expected is null && (status.Message.Length > 0 || status.Reason.Length > 0))
            {
                return status;
            }
        }
        catch (JsonException)
        {
            // A proxy in between, or the API server's own plain texts ("404 page not found").
        }

        var text = System.Text.Encoding.UTF8.GetString(body[..Math.Min(body.Length, 200)]).ReplaceLineEndings(" ").Trim();
        return new ApiStatus(code, "", text.Length > 0 ? text : $"HTTP status {code}");
    }

    private static ApiStatus Read(ref FieldReader r, int code)
    {
        string reason = "", message = "", more = "";
        var retrySeconds = 0;
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "code": code = r.NullableInt32() is { } own and > 0 ? own : code; break;
                    case "reason": reason = r.String(); break;
                    case "message": message = r.String(); break;
                    case "details": retrySeconds = Details(ref r); break;
                    case "metadata": more = ListMetadata.Read(ref r).Continue; break;
                    default: r.Skip(); break;
                }
            }
        }

        return new ApiStatus(code, reason, message, TimeSpan.FromSeconds(Math.Max(0, retrySeconds)), more);
    }

    private static int Details(ref FieldReader r)
    {
        var seconds = 0;
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "retryAfterSeconds": seconds = r.Int32(); break;
                    default: r.Skip(); break;
                }
            }
        }

        return seconds;
    }
}
