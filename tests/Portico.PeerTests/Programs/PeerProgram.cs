using System.Diagnostics;
using System.Text;
using Portico.TestKit.Wire;

namespace Portico.PeerTests.Programs;

/// <summary>A program of the machine that runs beside a test: a server, or a client that stays. Ended by its id.</summary>
internal sealed class PeerProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private PeerProgram(string program, IEnumerable<string> arguments)
    {
        _process = new Process { StartInfo = StartInfo(program, arguments) };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Standard output and standard error so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static PeerProgram Start(string program, params IEnumerable<string> arguments)
    {
        var peer = new PeerProgram(program, arguments);
        peer._process.Start();
        peer._process.StandardInput.Close();
        peer._process.BeginOutputReadLine();
        peer._process.BeginErrorReadLine();
        return peer;
    }

    /// <summary>Runs a client to its end.</summary>
    /// <returns>Its standard output, byte for byte. Its standard error too when it failed, which is left to the caller to look at.</returns>
    public static async Task<byte[]> RunAsync(string program, IEnumerable<string> arguments, ReadOnlyMemory<byte> input = default)
    {
        using var process = new Process { StartInfo = StartInfo(program, arguments) };
        process.Start();
        try
        {
            using var limit = new CancellationTokenSource(Limits.Condition);
            var output = new MemoryStream();
            var reading = process.StandardOutput.BaseStream.CopyToAsync(output, limit.Token);
            var complaints = process.StandardError.ReadToEndAsync(limit.Token);
            await process.StandardInput.BaseStream.WriteAsync(input, limit.Token);
            process.StandardInput.Close();
            await reading;
            output.Write(Text.Bytes(await complaints));
            await process.WaitForExitAsync(limit.Token);
            return output.ToArray();
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static ProcessStartInfo StartInfo(string program, IEnumerable<string> arguments) => new(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = Path.GetTempPath(),
    };

    private void Keep(string? line)
    {
        if (line is not null)
        {
            lock (_output)
            {
                _output.AppendLine(line);
            }
        }
    }
}
