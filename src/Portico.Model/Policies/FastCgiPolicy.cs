using System.Collections.Immutable;
using Portico.Model.Text;

namespace Portico.Model.Policies;

/// <summary>What a FastCGI application is told besides the usual parameters.</summary>
/// <param name="Index">The file that stands for a path which ends in a slash (<c>fastcgi-index</c>); null for none.</param>
/// <param name="Parameters">Further parameters, in the place of usual ones of the same name (<c>fastcgi-params-configmap</c>).</param>
public sealed record FastCgiPolicy(string? Index, ImmutableArray<HeaderTemplate> Parameters);
