namespace Portico.Install.GoTemplate;

/// <summary>A template cannot be read or evaluated; the message names file and line.</summary>
internal sealed class TemplateException(string message) : Exception(message);
