namespace Portico.Proxy.Routing.Patterns;

internal enum Operation : byte
{
    /// <summary>Consumes the byte <see cref="Instruction.X"/>.</summary>
    Byte,

    /// <summary>Consumes a byte of the set number <see cref="Instruction.X"/>.</summary>
    Set,

    /// <summary>Goes on at <see cref="Instruction.X"/>, or else at <see cref="Instruction.Y"/>.</summary>
    Fork,

    /// <summary>Goes on at <see cref="Instruction.X"/>.</summary>
    Jump,

    /// <summary>Goes on if the <see cref="AssertionKind"/> <see cref="Instruction.X"/> holds here.</summary>
    Assert,

    /// <summary>Notes the place in slot <see cref="Instruction.X"/>.</summary>
    Save,

    Match,
}

/// <summary>A step of a compiled pattern. Steps that name no target go on with the next one.</summary>
/// <param name="Greedy">Of a fork: <see cref="X"/> repeats a loop, <see cref="Y"/> leaves it.</param>
/// <param name="Number">Of a fork: counted from zero through the program.</param>
internal readonly record struct Instruction(Operation Operation, int X = 0, int Y = 0, bool Greedy = false, int Number = 0);
