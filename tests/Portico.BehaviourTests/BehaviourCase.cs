namespace Portico.BehaviourTests;

/// <summary>One case of a file under <c>cases/</c>; the format is described in <c>cases/README.md</c>.</summary>
public sealed record BehaviourCase
{
    public required string Name { get; init; }

    /// <summary>Whether the program is told of a ConfigMap (its file is among <see cref="Files"/>).</summary>
    public bool HasConfigMap { get; init; }

    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>Whether the folder begins with the IngressClass <c>nginx</c>.</summary>
    public bool WithIngressClass { get; init; } = true;

    /// <summary>File names and their documents at the start.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<Step> Steps { get; init; } = [];
}

/// <summary>What happens next in a case: a request with its expectation, or a change of the manifests.</summary>
public abstract record Step;

/// <summary>Writes these files; the requests that follow are repeated until they see the effect.</summary>
public sealed record ApplyStep(IReadOnlyDictionary<string, string> Files) : Step;

/// <summary>Deletes the file of the object with this name.</summary>
public sealed record DeleteStep(string FileName) : Step;

public sealed record RequestStep : Step
{
    public required string Method { get; init; }

    public required Uri Url { get; init; }

    /// <summary>The target as written in the case, byte for byte.</summary>
    public required string Target { get; init; }

    /// <summary>The Host header; the URL's host and port unless the case says otherwise. Empty leaves it out.</summary>
    public required string Host { get; init; }

    /// <summary>The name in the TLS ClientHello.</summary>
    public required string ServerName { get; init; }

    /// <summary>The certificate that the client shows; null for none.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary>Whether the request goes to the administrative port.</summary>
    public bool ToAdmin => Url.Scheme == "admin";

    /// <summary>The body goes in chunks instead of with its length.</summary>
    public bool Chunked { get; init; }

    /// <summary>1.0, 1.1 or 2.</summary>
    public string Version { get; init; } = "1.1";

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    public string Body { get; init; } = "";

    public string Source { get; init; } = "127.0.0.1";

    public int Times { get; init; } = 1;

    /// <summary>The TCP service whose port the request goes to instead of the http port; null for the http port.</summary>
    public string? TcpService { get; init; }

    public required Expectation Expect { get; init; }

    public override string ToString() => $"{Method} {Url.Scheme}://{Url.Authority}{Target} (Host: {Host})";
}

public sealed record Expectation
{
    public int Status { get; init; } = 200;

    /// <summary>Whether nobody listens on the port.</summary>
    public bool Refused { get; init; }

    /// <summary>Whether the connection ends without an answer.</summary>
    public bool Closed { get; init; }

    /// <summary>The backend that gets the request; <c>nobody</c> for none; null when it does not matter.</summary>
    public string? Reaches { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    public IReadOnlyList<string> Absent { get; init; } = [];

    public string? Body { get; init; }

    /// <summary>What the body does not hold.</summary>
    public string? BodyLacks { get; init; }

    /// <summary>The backend whose request is looked at, where several get one (a service of authentication, a mirror); null for the first that got one.</summary>
    public string? At { get; init; }

    /// <summary>The Secret whose certificate is presented, or <c>fake</c> for the self-made one.</summary>
    public string? Certificate { get; init; }

    /// <summary>What a line of the program's output holds, sooner or later.</summary>
    public string? Logs { get; init; }

    /// <summary>What no line holds by then.</summary>
    public string? LogsNothingOf { get; init; }

    public string? BackendPath { get; init; }

    public string? BackendMethod { get; init; }

    public string? BackendBody { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> BackendHeaders { get; init; } = [];

    public IReadOnlyList<string> BackendAbsent { get; init; } = [];
}
