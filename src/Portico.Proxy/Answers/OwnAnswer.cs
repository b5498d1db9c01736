namespace Portico.Proxy.Answers;

/// <summary>What stands in the body of an answer that the gateway makes.</summary>
internal enum AnswerBody : byte
{
    /// <summary>nginx's page for the status, or the reason's variant of it.</summary>
    StockPage,

    /// <summary>The text that would else be the Location (nginx's <c>return 300 URL</c>).</summary>
    LocationText,

    None,
}

/// <summary>
/// An answer that the gateway makes itself. The Location, if any, stands in the request's
/// <see cref="Requests.RequestContext.Location"/>; headers come from <see cref="Headers.ResponseHeaderPlan"/>, bodies from <see cref="StockPages"/>.
/// </summary>
internal readonly record struct OwnAnswer(AnswerReason Reason, int Status, AnswerBody Body = AnswerBody.StockPage)
{
    /// <summary>The answer that the table of reasons describes.</summary>
    public static OwnAnswer For(AnswerReason reason) => new(reason, AnswerReasons.Of(reason).Status);

    /// <summary>Whether the Location of the request goes out as a header.</summary>
    public bool SendsLocation => Status is 301 or 302 or 303 or 307 or 308;
}
