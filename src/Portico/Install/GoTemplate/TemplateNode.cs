namespace Portico.Install.GoTemplate;

/// <summary>A piece of a template: text, an action, or a block with pieces inside.</summary>
internal abstract record TemplateNode(int Line)
{
    public sealed record Text(int Line, string Value) : TemplateNode(Line);

    /// <summary>Writes the value of a pipeline.</summary>
    public sealed record Output(int Line, Expression Value) : TemplateNode(Line);

    /// <param name="Declares">True for <c>:=</c>, false for <c>=</c>.</param>
    public sealed record Assign(int Line, string Variable, bool Declares, Expression Value) : TemplateNode(Line);

    public sealed record If(int Line, Expression Condition, List<TemplateNode> Then, List<TemplateNode> Else) : TemplateNode(Line);

    public sealed record With(int Line, string? Variable, Expression Value, List<TemplateNode> Then, List<TemplateNode> Else) : TemplateNode(Line);

    public sealed record Range(
        int Line, string? KeyVariable, string? ValueVariable, Expression Value, List<TemplateNode> Each, List<TemplateNode> Else) : TemplateNode(Line);
}

/// <summary>What gives a value.</summary>
internal abstract record Expression
{
    public sealed record Literal(object? Value) : Expression;

    /// <summary><c>.A.B</c>; an empty path is the dot itself.</summary>
    public sealed record Field(string[] Path) : Expression;

    /// <summary><c>$x.A.B</c>; the name of <c>$</c> itself is empty.</summary>
    public sealed record Variable(string Name, string[] Path) : Expression;

    public sealed record Call(string Function, List<Expression> Arguments) : Expression;
}
