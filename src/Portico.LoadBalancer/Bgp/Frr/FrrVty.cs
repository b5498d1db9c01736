using System.Net.Sockets;
using System.Text;

namespace Portico.LoadBalancer.Bgp.Frr;

/// <summary>FRR did not do what it was told, or is not there.</summary>
internal sealed class FrrException(string message) : Exception(message);

/// <summary>How daemons of FRR are spoken to.</summary>
internal interface IFrr
{
    /// <exception cref="FrrException">The daemon does not answer.</exception>
    Task<string> ShowAsync(string daemon, string command, CancellationToken stop);

    /// <exception cref="FrrException">A command was refused; the others were done.</exception>
    Task ApplyAsync(string daemon, IReadOnlyList<string> commands, CancellationToken stop);
}

/// <summary>
/// The daemons' own sockets, those that vtysh speaks to: a command and a zero byte; the answer, three zero bytes and a code, 0 for success. So
/// neither a process nor a program of the right version is needed. A connection for each question and for each change.
/// </summary>
/// <param name="folder">Where the daemons have their sockets; empty for FRR's default.</param>
internal sealed class FrrVty(string folder) : IFrr
{
    private const string DefaultFolder = "/var/run/frr";

    /// <summary>For each command: thousands of them take FRR a minute.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public Task<string> ShowAsync(string daemon, string command, CancellationToken stop) => TalkAsync(daemon, ["enable", command], stop);

    public Task ApplyAsync(string daemon, IReadOnlyList<string> commands, CancellationToken stop) => TalkAsync(daemon, ["enable", "configure terminal", .. commands], stop);

    /// <returns>The last answer.</returns>
    private async Task<string> TalkAsync(string daemon, IReadOnlyList<string> commands, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Limit);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var path = Path.Combine(folder.Length > 0 ? folder : DefaultFolder, $"{daemon}.vty");
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), limit.Token).ConfigureAwait(false);
            var (last, refused) = ("", new List<string>());
            foreach (var command in commands)
            {
                limit.CancelAfter(Limit);
                (last, var code) = await AskAsync(socket, command, limit.Token).ConfigureAwait(false);
                if (code != 0)
                {
                    refused.Add(Complaint(command, last, code));
                }
            }

            return refused.Count == 0 ? last : throw new FrrException($"{daemon}: {string.Join("; ", refused.Take(3))}");
        }
        catch (SocketException error)
        {
            throw new FrrException($"{daemon} is not reached at {path}: {error.Message}; {Advice(error.SocketErrorCode, daemon)}");
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new FrrException(FormattableString.Invariant($"{daemon} does not answer at {path} within {Limit.TotalSeconds:0} s"));
        }
    }

    private static async Task<(string Text, int Code)> AskAsync(Socket socket, string command, CancellationToken stop)
    {
        var question = Encoding.UTF8.GetBytes(command + '\0');
        for (var sent = 0; sent < question.Length;)
        {
            sent += await socket.SendAsync(question.AsMemory(sent), stop).ConfigureAwait(false);
        }

        var (answer, length) = (new byte[8192], 0);
        while (length < 4 || !answer.AsSpan(length - 4, 3).SequenceEqual("\0\0\0"u8))
        {
            if (length == answer.Length)
            {
                Array.Resize(ref answer, length * 2);
            }

            var read = await socket.ReceiveAsync(answer.AsMemory(length), stop).ConfigureAwait(false);
            length += read > 0 ? read : throw new SocketException((int)SocketError.ConnectionReset);
        }

        return (Encoding.UTF8.GetString(answer, 0, length - 4), answer[length - 1]);
    }

    /// <summary>A password is not repeated, neither ours nor what FRR repeats of the command.</summary>
    private static string Complaint(string command, string answer, int code)
    {
        var hidden = command.IndexOf(" password ", StringComparison.Ordinal);
        var said = answer.Replace('\n', ' ').Trim();
        return hidden >= 0 ? $"'{command[..hidden].Trim()} password …' was refused"
            : FormattableString.Invariant($"'{command.Trim()}': {(said.Length > 0 ? said : $"refused with code {code}")}");
    }

    private static string Advice(SocketError error, string daemon) => error == SocketError.AccessDenied
        ? "FRR's sockets are for root with DAC_OVERRIDE and for the group frrvty"
        : $"FRR's daemons zebra and {daemon} must run on this node (Debian's package frr, with {daemon}=yes in /etc/frr/daemons) or in containers beside (loadbalancer.frr.enabled of the chart); --frr-sockets is the folder of their sockets";
}
