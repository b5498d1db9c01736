using Portico.TestKit.Wire;

namespace Portico.BehaviourTests;

/// <summary>What a client sees, whatever the version: the fields of HTTP/2 without the pseudo ones.</summary>
internal sealed record Answer(int Status, MessageHead Head, byte[] Body);
