namespace Portico.Proxy.Routing.Patterns;

/// <summary>
/// Runs a compiled pattern over one input: Pike's machine, all alternatives side by side, so the time is bounded by input length times
/// program length whatever the pattern. Lives on the stack of one call.
/// </summary>
internal ref struct PatternMatcher
{
    private readonly ReadOnlySpan<Instruction> _program;
    private readonly ReadOnlySpan<ByteSet> _sets;
    private readonly ReadOnlySpan<byte> _input;

    /// <summary>The slots of the thread that is being followed.</summary>
    private readonly Span<int> _captures;

    /// <summary>Places still to visit in this step; a negative entry restores a slot to the value below it.</summary>
    private readonly Span<int> _stack;

    private ThreadList _current;
    private ThreadList _next;
    private bool _accepted;

    /// <param name="workspace">At least <see cref="WorkspaceLength"/> long; its contents do not matter.</param>
    /// <param name="slots">How many places to note: zero answers only whether there is a match.</param>
    public PatternMatcher(ReadOnlySpan<Instruction> program, ReadOnlySpan<ByteSet> sets, ReadOnlySpan<byte> input, Span<int> workspace, int slots)
    {
        _program = program;
        _sets = sets;
        _input = input;
        var list = program.Length * (2 + slots);
        _current = new ThreadList(workspace[..list], program.Length, slots);
        _next = new ThreadList(workspace.Slice(list, list), program.Length, slots);
        _captures = workspace.Slice(2 * list, slots);
        _stack = workspace[((2 * list) + slots)..];
    }

    public static int WorkspaceLength(int programLength, int slots) =>
        (2 * programLength * (2 + slots)) + slots + (4 * programLength) + 1;

    /// <summary>Looks for the match that a backtracking matcher would find first.</summary>
    /// <param name="start">The instruction to begin with.</param>
    /// <param name="at">The place in the input to begin at.</param>
    /// <param name="anchored">False tries every later place too.</param>
    /// <param name="slots">Receives begin and end of the match and of each group, -1 where a group took no part; empty when not wanted.</param>
    public bool Run(int start, int at, bool anchored, Span<int> slots)
    {
        Begin(start, at, anchored ? 0 : at);
        var found = false;
        while (!_accepted)
        {
            found |= Step(at, slots);
            at++;
            if (at > _input.Length || (_current.Count == 0 && (found || anchored)))
            {
                return found || _accepted;
            }

            if (!found && !anchored && !_accepted)
            {
                Begin(start, at, at);
            }
        }

        return true;
    }

    /// <summary>Adds a thread of lowest priority that begins here.</summary>
    private void Begin(int start, int at, int matchBegin)
    {
        _captures.Fill(-1);
        if (!_captures.IsEmpty)
        {
            _captures[0] = matchBegin;
        }

        Follow(ref _current, start, at);
    }

    /// <summary>Lets all threads consume one byte. True when one of them has arrived; threads of lower priority are dropped then.</summary>
    private bool Step(int at, Span<int> slots)
    {
        var arrived = false;
        _next.Count = 0;
        for (var i = 0; i < _current.Count && !arrived; i++)
        {
            var pc = _current.Dense[i];
            var instruction = _program[pc];
            if (instruction.Operation == Operation.Match)
            {
                _current.Captures(i).CopyTo(slots);
                slots[1] = at;
                arrived = true;
            }
            else if (at < _input.Length && Consumes(instruction, _input[at]))
            {
                _current.Captures(i).CopyTo(_captures);
                Follow(ref _next, pc + 1, at + 1);
                if (_accepted)
                {
                    return true;
                }
            }
        }

        var finished = _current;
        _current = _next;
        _next = finished;
        return arrived;
    }

    private readonly bool Consumes(Instruction instruction, byte value) => instruction.Operation switch
    {
        Operation.Byte => instruction.X == value,
        Operation.Set => _sets[instruction.X].Contains(value),
        _ => false,
    };

    /// <summary>Adds a thread, and those that it becomes without consuming anything, in order of priority.</summary>
    private void Follow(ref ThreadList list, int start, int at)
    {
        var depth = 0;
        _stack[depth++] = start;
        while (depth > 0)
        {
            var pc = _stack[--depth];
            if (pc < 0)
            {
                _captures[~pc] = _stack[--depth];
                continue;
            }

            if (!list.TryAdd(pc))
            {
                continue;
            }

            var instruction = _program[pc];
            switch (instruction.Operation)
            {
                case Operation.Jump:
                    _stack[depth++] = instruction.X;
                    break;
                case Operation.Split:
                    _stack[depth++] = instruction.Y;
                    _stack[depth++] = instruction.X;
                    break;
                case Operation.Assert:
                    if (Holds((AssertionKind)instruction.X, at))
                    {
                        _stack[depth++] = pc + 1;
                    }

                    break;
                case Operation.Save:
                    if (instruction.X < _captures.Length)
                    {
                        _stack[depth++] = _captures[instruction.X];
                        _stack[depth++] = ~instruction.X;
                        _captures[instruction.X] = at;
                    }

                    _stack[depth++] = pc + 1;
                    break;
                case Operation.Match when _captures.IsEmpty:
                    _accepted = true;
                    return;
                default:
                    _captures.CopyTo(list.Captures(list.Count - 1));
                    break;
            }
        }
    }

    private readonly bool Holds(AssertionKind kind, int at) => kind switch
    {
        AssertionKind.Begin => at == 0,
        AssertionKind.End => at == _input.Length,
        AssertionKind.EndOrLastNewline => at == _input.Length || (at == _input.Length - 1 && _input[at] == '\n'),
        AssertionKind.LineBegin => at == 0 || (_input[at - 1] == '\n' && at < _input.Length),
        AssertionKind.LineEnd => at == _input.Length || _input[at] == '\n',
        AssertionKind.WordBoundary => IsWord(at - 1) != IsWord(at),
        _ => IsWord(at - 1) == IsWord(at),
    };

    private readonly bool IsWord(int at) =>
        (uint)at < (uint)_input.Length && (_input[at] == '_' || char.IsAsciiLetterOrDigit((char)_input[at]));

    /// <summary>A set of places in the program in order of priority, each with its slots. The sparse half finds a place at once.</summary>
    private ref struct ThreadList
    {
        private readonly Span<int> _sparse;
        private readonly Span<int> _captures;
        private readonly int _slots;

        public ThreadList(Span<int> workspace, int programLength, int slots)
        {
            Dense = workspace[..programLength];
            _sparse = workspace.Slice(programLength, programLength);
            _captures = workspace[(2 * programLength)..];
            _slots = slots;
        }

        public Span<int> Dense { get; }

        public int Count { get; set; }

        public readonly Span<int> Captures(int index) => _captures.Slice(index * _slots, _slots);

        public bool TryAdd(int pc)
        {
            var index = _sparse[pc];
            if ((uint)index < (uint)Count && Dense[index] == pc)
            {
                return false;
            }

            Dense[Count] = pc;
            _sparse[pc] = Count++;
            return true;
        }
    }
}
