using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Portico.Admin.Pages;
using Portico.Control.Admission;

namespace Portico.Admin.Admission;

/// <summary>Answers one AdmissionReview. What is none gets 400, what is too large 413, what asks about something else 500.</summary>
internal sealed class AdmissionEndpoint(AdmissionFollower reviewer, Action<AdmissionRecord> observe)
{
    /// <summary>Three times what the API server takes in a request, as ingress-nginx has it.</summary>
    public const long LargestBody = 9 * 1024 * 1024;

    public const long MostDiscarded = 8 * LargestBody;

    [SuppressMessage("Design", "CA1031", Justification = "One review that fails must not touch the next one.")]
    public async Task AnswerAsync(HttpContext context)
    {
        var began = Stopwatch.GetTimestamp();
        var cancellation = context.RequestAborted;
        try
        {
            if (!reviewer.IsReady)
            {
                await PlainText.WriteAsync(context.Response, StatusCodes.Status503ServiceUnavailable, "the objects have not been read completely yet\n", cancellation);
                return;
            }

            var body = await ReadAsync(context, cancellation);
            if (body is null)
            {
                // What is left of such a body, if anything, must not be taken for the next request.
                context.Response.Headers.Connection = "close";
                await PlainText.WriteAsync(context.Response, StatusCodes.Status413PayloadTooLarge, $"the body is larger than {LargestBody} bytes\n", cancellation);
                return;
            }

            if (AdmissionText.Read(body, out var problem) is not { } question)
            {
                await PlainText.WriteAsync(context.Response, StatusCodes.Status400BadRequest, $"this is no AdmissionReview of admission.k8s.io/v1: {problem}\n", cancellation);
                return;
            }

            await AnswerAsync(context, question, body, began);
        }
        catch (BadHttpRequestException error)
        {
            await PlainText.WriteAsync(context.Response, error.StatusCode, error.Message + "\n", cancellation);
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            await PlainText.WriteAsync(context.Response, StatusCodes.Status500InternalServerError, $"the review failed: {error.Message}\n", cancellation);
        }
    }

    private async Task AnswerAsync(HttpContext context, AdmissionQuestion question, byte[] body, long began)
    {
        var cancellation = context.RequestAborted;
        if (question.Kind != "networking.k8s.io/v1 Ingress")
        {
            await PlainText.WriteAsync(
                context.Response, StatusCodes.Status500InternalServerError,
                $"rejecting admission review because the request does not contain an Ingress resource but {question.Kind}\n", cancellation);
            return;
        }

        var reviewed = Stopwatch.GetTimestamp();
        var answer = new AdmissionAnswer(true, "", []);
        if (!question.Object.Equals(default))
        {
            answer = reviewer.Review(body.AsSpan(question.Object), out var problem);
            if (problem is not null)
            {
                answer = new AdmissionAnswer(false, $"the object is no Ingress of networking.k8s.io/v1: {problem}", []);
            }
        }

        var seconds = Stopwatch.GetElapsedTime(reviewed).TotalSeconds;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(AdmissionText.Write(question, answer), cancellation);
        observe(new AdmissionRecord(
            question.Namespace, question.Name, answer.Allowed, answer.Message, reviewer.IngressCount, body.Length, seconds,
            Stopwatch.GetElapsedTime(began).TotalSeconds));
    }

    /// <summary>
    /// Null for a body above the limit. It is read to its end all the same, within bounds: who is still sending would otherwise see a
    /// broken connection and not the answer.
    /// </summary>
    private static async Task<byte[]?> ReadAsync(HttpContext context, CancellationToken cancellation)
    {
        var reader = context.Request.BodyReader;
        var discarded = 0L;
        while (true)
        {
            var read = await reader.ReadAsync(cancellation);
            if (discarded + read.Buffer.Length > LargestBody)
            {
                discarded += read.Buffer.Length;
                reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted || discarded > MostDiscarded)
                {
                    return null;
                }
            }
            else if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }
            else
            {
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
    }
}
