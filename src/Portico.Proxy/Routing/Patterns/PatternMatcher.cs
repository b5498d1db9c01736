using System.Buffers;

namespace Portico.Proxy.Routing.Patterns;

/// <summary>
/// Runs a compiled pattern over one input: backtracking in order of priority, but no fork is ever taken twice at the same place of the
/// input, because what failed there once fails again. So the time is bounded by input length times program length whatever the
/// pattern, and the usual path is followed without a detour. Lives on the stack of one call.
/// </summary>
internal ref struct PatternMatcher
{
    private readonly ReadOnlySpan<Instruction> _program;
    private readonly ReadOnlySpan<ByteSet> _sets;
    private readonly ReadOnlySpan<byte> _input;

    /// <summary>One bit for each fork and place: it was taken there.</summary>
    private readonly Span<ulong> _taken;

    /// <summary>Receives the places of the groups; empty when only the answer is wanted.</summary>
    private readonly Span<int> _slots;

    /// <summary>
    /// Pairs to come back to, newest last: a place and the instruction to go on with there, or the old value of a slot and the
    /// complement of its number.
    /// </summary>
    private Span<int> _stack;
    private int[]? _rented;
    private int _depth;

    /// <param name="taken">All zero, <see cref="TakenLength"/> long.</param>
    /// <param name="stack">Room to begin with; more is rented when needed.</param>
    public PatternMatcher(
        ReadOnlySpan<Instruction> program, ReadOnlySpan<ByteSet> sets, ReadOnlySpan<byte> input, Span<ulong> taken, Span<int> stack, Span<int> slots)
    {
        _program = program;
        _sets = sets;
        _input = input;
        _taken = taken;
        _stack = stack;
        _slots = slots;
    }

    public static int TakenLength(int forks, int inputLength) => (int)((((long)forks * (inputLength + 1)) + 63) / 64);

    /// <summary>Looks for the match that a backtracking matcher would find first.</summary>
    /// <param name="start">The instruction to begin with.</param>
    /// <param name="at">The place in the input to begin at.</param>
    /// <param name="anchored">True when the match begins where the input does; false tries every place in turn.</param>
    public bool Run(int start, int at, bool anchored)
    {
        var found = false;
        for (; !found && at <= _input.Length; at++)
        {
            _slots.Fill(-1);
            if (!_slots.IsEmpty)
            {
                _slots[0] = anchored ? 0 : at;
            }

            found = Follow(start, at);
            if (anchored)
            {
                break;
            }
        }

        if (_rented is not null)
        {
            ArrayPool<int>.Shared.Return(_rented);
        }

        return found;
    }

    private bool Follow(int pc, int at)
    {
        _depth = 0;
        while (true)
        {
            var instruction = _program[pc];
            var goesOn = true;
            switch (instruction.Operation)
            {
                case Operation.Byte:
                    goesOn = at < _input.Length && _input[at] == instruction.X;
                    at++;
                    pc++;
                    break;
                case Operation.Set:
                    goesOn = at < _input.Length && _sets[instruction.X].Contains(_input[at]);
                    at++;
                    pc++;
                    break;
                case Operation.Jump:
                    pc = instruction.X;
                    break;
                case Operation.Fork:
                    goesOn = TryTake(instruction.Number, at);
                    if (goesOn)
                    {
                        pc = TakeFork(instruction, at);
                    }

                    break;
                case Operation.Assert:
                    goesOn = Holds((AssertionKind)instruction.X, at);
                    pc++;
                    break;
                case Operation.Save:
                    if (!_slots.IsEmpty)
                    {
                        Push(_slots[instruction.X], ~instruction.X);
                        _slots[instruction.X] = at;
                    }

                    pc++;
                    break;
                default:
                    if (!_slots.IsEmpty)
                    {
                        _slots[1] = at;
                    }

                    return true;
            }

            if (!goesOn && !TryComeBack(out pc, out at))
            {
                return false;
            }
        }
    }

    private int TakeFork(Instruction fork, int at)
    {
        // Whether there is a match is known soonest by leaving loops as early as possible.
        var (first, second) = fork.Greedy && _slots.IsEmpty ? (fork.Y, fork.X) : (fork.X, fork.Y);
        Push(at, second);
        return first;
    }

    private readonly bool TryTake(int fork, int at)
    {
        var bit = ((long)fork * (_input.Length + 1)) + at;
        ref var word = ref _taken[(int)(bit >> 6)];
        var mask = 1UL << (int)(bit & 63);
        var first = (word & mask) == 0;
        word |= mask;
        return first;
    }

    private void Push(int value, int kind)
    {
        if (_depth + 2 > _stack.Length)
        {
            Grow();
        }

        _stack[_depth++] = value;
        _stack[_depth++] = kind;
    }

    private void Grow()
    {
        var larger = ArrayPool<int>.Shared.Rent(_stack.Length * 2);
        _stack.CopyTo(larger);
        if (_rented is not null)
        {
            ArrayPool<int>.Shared.Return(_rented);
        }

        _rented = larger;
        _stack = larger;
    }

    /// <summary>Goes back to the newest fork with a choice left, undoing the slots on the way.</summary>
    private bool TryComeBack(out int pc, out int at)
    {
        while (_depth > 0)
        {
            _depth -= 2;
            at = _stack[_depth];
            pc = _stack[_depth + 1];
            if (pc >= 0)
            {
                return true;
            }

            _slots[~pc] = at;
        }

        pc = 0;
        at = 0;
        return false;
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
}
