namespace Portico.Kubernetes.Sources;

/// <summary>The open problems by their owner (a file, an object, a root), so that each is told once and taken back once. Source thread.</summary>
internal sealed class ProblemLedger
{
    private readonly Dictionary<object, IReadOnlyList<SourceProblem>> _open = [];
    private readonly List<SourceProblem> _news = [];

    /// <summary>Says what is wrong with the owner now; what was and is no longer is taken back.</summary>
    public void Set(object owner, params IReadOnlyList<SourceProblem> problems)
    {
        var before = _open.GetValueOrDefault(owner) ?? [];
        if (before.Count == 0 && problems.Count == 0)
        {
            return;
        }

        _news.AddRange(before.Except(problems).Select(gone => gone with { Resolved = true }));
        _news.AddRange(problems.Except(before));
        if (problems.Count == 0)
        {
            _open.Remove(owner);
        }
        else
        {
            _open[owner] = problems;
        }
    }

    public IReadOnlyList<SourceProblem> TakeNews()
    {
        SourceProblem[] news = [.. _news];
        _news.Clear();
        return news;
    }
}
