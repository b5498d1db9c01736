using System.CommandLine;
using System.Globalization;

namespace Portico.Cli;

/// <summary>Flags whose value is a port; 0 stands for none where the flag says so.</summary>
internal static class PortFlag
{
    public static Option<int> Create(string name, int port, string description) => new(name)
    {
        HelpName = "PORT",
        Description = description,
        DefaultValueFactory = _ => port,
        CustomParser = result =>
        {
            if (result.Tokens is [{ Value: var text }] && ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var given))
            {
                return given;
            }

            result.AddError($"{name}: '{string.Join(' ', result.Tokens)}' is no port; write a number from 0 to 65535");
            return 0;
        },
    };
}
