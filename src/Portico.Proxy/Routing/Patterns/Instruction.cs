namespace Portico.Proxy.Routing.Patterns;

internal enum Operation : byte
{
    /// <summary>Consumes the byte <see cref="Instruction.X"/>.</summary>
    Byte,

    /// <summary>Consumes a byte of the set number <see cref="Instruction.X"/>.</summary>
    Set,

    /// <summary>Goes on at <see cref="Instruction.X"/>, and with lower priority at <see cref="Instruction.Y"/>.</summary>
    Split,

    /// <summary>Goes on at <see cref="Instruction.X"/>.</summary>
    Jump,

    /// <summary>Goes on if the <see cref="AssertionKind"/> <see cref="Instruction.X"/> holds here.</summary>
    Assert,

    /// <summary>Notes the place in slot <see cref="Instruction.X"/>.</summary>
    Save,

    Match,
}

/// <summary>A step of a compiled pattern. Steps that name no target go on with the next one.</summary>
internal readonly record struct Instruction(Operation Operation, int X = 0, int Y = 0);
