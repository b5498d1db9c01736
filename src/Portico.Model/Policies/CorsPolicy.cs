using System.Collections.Immutable;

namespace Portico.Model.Policies;

/// <summary>Cross-origin answers: preflights are answered here, and every response carries the headers.</summary>
public sealed record CorsPolicy
{
    /// <summary>Origins as written; <c>*</c> alone allows every origin. A star inside an entry stands for one label.</summary>
    public required ImmutableArray<string> AllowOrigins { get; init; }

    public string AllowMethods { get; init; } = "GET, PUT, POST, DELETE, PATCH, OPTIONS";

    public string AllowHeaders { get; init; } = "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization";

    /// <summary>Empty for none.</summary>
    public string ExposeHeaders { get; init; } = "";

    public bool AllowCredentials { get; init; } = true;

    /// <summary>Access-Control-Max-Age in seconds.</summary>
    public long MaxAgeSeconds { get; init; } = 1728000;
}
