namespace Portico.Proxy.Routing.Patterns;

/// <summary>Turns a syntax tree into instructions (Thompson's construction). Used once.</summary>
internal sealed class PatternCompiler
{
    /// <summary>Bounds memory, and the time that one byte of input can take.</summary>
    private const int MaxInstructions = 2000;

    private readonly List<Instruction> _program = [];
    private readonly List<ByteSet> _sets = [];
    private int _forks;

    private bool TooLarge => _program.Count > MaxInstructions;

    /// <summary>False when the program would be too large.</summary>
    public static bool TryCompile(PatternNode tree, out Instruction[] program, out ByteSet[] sets, out int forks)
    {
        var compiler = new PatternCompiler();
        compiler.Emit(tree);
        compiler._program.Add(new Instruction(Operation.Match));
        program = [.. compiler._program];
        sets = [.. compiler._sets];
        forks = compiler._forks;
        return !compiler.TooLarge;
    }

    /// <summary>Whether a match can start only where the input starts.</summary>
    public static bool IsAnchored(PatternNode tree) => tree switch
    {
        PatternNode.Assertion assertion => assertion.Kind == AssertionKind.Begin,
        PatternNode.Sequence sequence => sequence.Items.Count > 0 && IsAnchored(sequence.Items[0]),
        PatternNode.Alternation alternation => alternation.Choices.All(IsAnchored),
        PatternNode.Group group => IsAnchored(group.Item),
        _ => false,
    };

    private void Emit(PatternNode node)
    {
        if (TooLarge)
        {
            return;
        }

        switch (node)
        {
            case PatternNode.Bytes bytes:
                EmitBytes(bytes.Set);
                break;
            case PatternNode.Assertion assertion:
                _program.Add(new Instruction(Operation.Assert, (int)assertion.Kind));
                break;
            case PatternNode.Sequence sequence:
                foreach (var item in sequence.Items)
                {
                    Emit(item);
                }

                break;
            case PatternNode.Alternation alternation:
                EmitAlternation(alternation.Choices);
                break;
            case PatternNode.Group group:
                _program.Add(new Instruction(Operation.Save, 2 * group.Number));
                Emit(group.Item);
                _program.Add(new Instruction(Operation.Save, (2 * group.Number) + 1));
                break;
            case PatternNode.Repeat repeat:
                EmitRepeat(repeat);
                break;
        }
    }

    private void EmitBytes(ByteSet set)
    {
        if (set.IsSingle(out var value, out var bothCases) && !bothCases)
        {
            _program.Add(new Instruction(Operation.Byte, value));
            return;
        }

        var index = _sets.IndexOf(set);
        if (index < 0)
        {
            index = _sets.Count;
            _sets.Add(set);
        }

        _program.Add(new Instruction(Operation.Set, index));
    }

    private void EmitAlternation(IReadOnlyList<PatternNode> choices)
    {
        var exits = new List<int>();
        for (var i = 0; i < choices.Count - 1; i++)
        {
            var fork = Reserve();
            Emit(choices[i]);
            exits.Add(Reserve());
            _program[fork] = Fork(fork + 1, _program.Count);
        }

        Emit(choices[^1]);
        foreach (var exit in exits)
        {
            _program[exit] = new Instruction(Operation.Jump, _program.Count);
        }
    }

    private void EmitRepeat(PatternNode.Repeat repeat)
    {
        var last = _program.Count;
        for (var i = 0; i < repeat.Min && !TooLarge; i++)
        {
            last = _program.Count;
            Emit(repeat.Item);
        }

        if (repeat.Max is { } max)
        {
            EmitOptional(repeat, max - repeat.Min);
        }
        else if (repeat.Min > 0)
        {
            var fork = Reserve();
            _program[fork] = Loop(repeat.Lazy, last, fork + 1);
        }
        else
        {
            var fork = Reserve();
            Emit(repeat.Item);
            _program.Add(new Instruction(Operation.Jump, fork));
            _program[fork] = Loop(repeat.Lazy, fork + 1, _program.Count);
        }
    }

    /// <summary>Up to <paramref name="times"/> further repeats, each of which may be the last one.</summary>
    private void EmitOptional(PatternNode.Repeat repeat, int times)
    {
        var forks = new List<int>();
        for (var i = 0; i < times && !TooLarge; i++)
        {
            forks.Add(Reserve());
            Emit(repeat.Item);
        }

        foreach (var fork in forks)
        {
            _program[fork] = Loop(repeat.Lazy, fork + 1, _program.Count);
        }
    }

    private Instruction Loop(bool lazy, int repeat, int leave) =>
        lazy ? Fork(leave, repeat) : Fork(repeat, leave) with { Greedy = true };

    private Instruction Fork(int first, int second) => new(Operation.Fork, first, second, Number: _forks++);

    private int Reserve()
    {
        _program.Add(default);
        return _program.Count - 1;
    }
}
