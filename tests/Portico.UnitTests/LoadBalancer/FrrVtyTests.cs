using System.Net.Sockets;
using System.Text;
using Portico.LoadBalancer.Bgp.Frr;
using Xunit;

namespace Portico.UnitTests.LoadBalancer;

/// <summary>Against a socket that answers as a daemon of FRR does; real ones are in the network tests.</summary>
public sealed class FrrVtyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portico-frr-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task An_answer_is_whole_however_it_is_cut()
    {
        var text = new string('x', 20_000);
        var daemon = ServeAsync(_ => (text, 0), piece: 7);
        Assert.Equal(text, await new FrrVty(_folder).ShowAsync("bgpd", "show running-config", TestContext.Current.CancellationToken));
        Assert.Equal(["enable", "show running-config"], await daemon);
    }

    [Fact]
    public async Task A_refused_command_is_told_with_the_reason_and_the_others_are_done()
    {
        var daemon = ServeAsync(c => c == " nonsense" ? ("% [BGP] Unknown command:  nonsense\n", 2) : ("", 0));
        var error = await Assert.ThrowsAsync<FrrException>(() => new FrrVty(_folder).ApplyAsync("bgpd", ["router bgp 1", " nonsense", "exit"], TestContext.Current.CancellationToken));
        Assert.Equal("bgpd: 'nonsense': % [BGP] Unknown command:  nonsense", error.Message);
        Assert.Equal(["enable", "configure terminal", "router bgp 1", " nonsense", "exit"], await daemon);
    }

    [Fact]
    public async Task A_password_is_not_repeated()
    {
        var daemon = ServeAsync(c => (c, c.Contains("password", StringComparison.Ordinal) ? 1 : 0));
        var error = await Assert.ThrowsAsync<FrrException>(() => new FrrVty(_folder).ApplyAsync("bgpd", [" neighbor 10.0.0.2 password hidden"], TestContext.Current.CancellationToken));
        Assert.Equal("bgpd: 'neighbor 10.0.0.2 password …' was refused", error.Message);
        await daemon;
    }

    [Fact]
    public async Task A_daemon_that_is_not_there_is_named_with_what_can_be_done()
    {
        var error = await Assert.ThrowsAsync<FrrException>(() => new FrrVty(_folder).ShowAsync("bgpd", "show version", TestContext.Current.CancellationToken));
        Assert.StartsWith($"bgpd is not reached at {_folder}/bgpd.vty: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("Debian's package frr", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_daemon_that_ends_in_the_middle_is_an_error()
    {
        var daemon = ServeAsync(_ => null);
        await Assert.ThrowsAsync<FrrException>(() => new FrrVty(_folder).ShowAsync("bgpd", "show version", TestContext.Current.CancellationToken));
        await daemon;
    }

    /// <summary>Answers one connection, and at null ends it.</summary>
    /// <returns>What was asked.</returns>
    private async Task<List<string>> ServeAsync(Func<string, (string Text, int Code)?> answer, int piece = int.MaxValue)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(_folder, "bgpd.vty")));
        listener.Listen();
        using var socket = await listener.AcceptAsync();
        var (asked, text, buffer) = (new List<string>(), "", new byte[1000]);
        while (await socket.ReceiveAsync(buffer) is var read and > 0)
        {
            text += Encoding.UTF8.GetString(buffer, 0, read);
            while (text.IndexOf('\0', StringComparison.Ordinal) is var end and >= 0)
            {
                asked.Add(text[..end]);
                text = text[(end + 1)..];
                if (answer(asked[^1]) is not { } said)
                {
                    return asked;
                }

                byte[] bytes = [.. Encoding.UTF8.GetBytes(said.Text), 0, 0, 0, (byte)said.Code];
                foreach (var part in bytes.Chunk(piece))
                {
                    await socket.SendAsync(part);
                }
            }
        }

        return asked;
    }
}
