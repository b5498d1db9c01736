using System.Net;
using System.Net.Sockets;
using System.Text;
using Portico.Model;
using Portico.Proxy.Observing.AccessLog;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Observing.Output;
using Xunit;

namespace Portico.UnitTests.Observing;

public sealed class SyslogOutputTests : IDisposable
{
    private const string Time = "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 123][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}";

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = (int)Long.TotalMilliseconds };

    public SyslogOutputTests() => _server.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    private SyslogSettings Server => new("127.0.0.1", ((IPEndPoint)_server.LocalEndPoint!).Port);

    public void Dispose() => _server.Dispose();

    private string Receive()
    {
        var buffer = new byte[65_536];
        return Encoding.UTF8.GetString(buffer, 0, _server.Receive(buffer));
    }

    [Fact]
    public void A_line_is_a_datagram_in_nginx_s_form()
    {
        using var output = new SyslogOutput(Server, failed: null);
        output.Refresh();
        Assert.Equal(12, output.Write("192.0.2.1 -\n"u8));

        Assert.Matches($"^<190>{Time} {Environment.MachineName} nginx: 192\\.0\\.2\\.1 -$", Receive());
    }

    [Fact]
    public void A_line_that_comes_in_parts_is_one_datagram_and_several_lines_are_several()
    {
        using var output = new SyslogOutput(Server, failed: null);
        output.Refresh();
        output.Write("one\ntw"u8);
        output.Write("o\nthree\n"u8);

        Assert.EndsWith("nginx: one", Receive(), StringComparison.Ordinal);
        Assert.EndsWith("nginx: two", Receive(), StringComparison.Ordinal);
        Assert.EndsWith("nginx: three", Receive(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_beyond_a_datagram_is_cut()
    {
        using var output = new SyslogOutput(Server, failed: null);
        output.Refresh();
        output.Write(Encoding.ASCII.GetBytes(new string('x', 100_000) + "\n"));

        Assert.Equal(65_000, Receive().Length);
    }

    [Fact]
    public void Without_an_address_lines_are_refused_and_that_is_told_once()
    {
        var told = new List<string>();
        using var output = new SyslogOutput(new SyslogSettings("no-such-host.invalid", 514), told.Add);
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                output.Refresh();
                return told.Count > 0;
            },
            Long));

        Assert.True(output.Write("lost\n"u8) < 0);
        Assert.StartsWith("the syslog server no-such-host.invalid has no address", Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public void The_access_log_goes_there_while_the_configuration_says_so_and_back_to_its_file()
    {
        var file = new ScriptedOutput();
        var writer = new AccessLogWriter(file, 1, 4096);
        writer.ChangeSyslog(Server);
        writer.Start();
        writer.Shard(0).Write("first\n"u8);
        Assert.EndsWith("nginx: first", Receive(), StringComparison.Ordinal);

        writer.ChangeSyslog(null);
        // The writer may be in the middle of a round; what it takes in the next one goes to the file.
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                writer.Shard(0).Write("second\n"u8);
                return file.Text.Length > 0;
            },
            Long));
        Assert.True(writer.Stop(Long));
        Assert.DoesNotContain("first", file.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ErrorLogLevel.Emerg, 184)]
    [InlineData(ErrorLogLevel.Error, 187)]
    [InlineData(ErrorLogLevel.Notice, 189)]
    public void Messages_of_the_error_log_go_there_besides(ErrorLogLevel level, int priority)
    {
        var file = new ScriptedOutput();
        var log = new ErrorLogWriter(file, TimeProvider.System);
        log.ChangeSyslog(Server);
        log.Write(level, "text");
        log.Start();

        Assert.Matches($"^<{priority}>{Time} {Environment.MachineName} nginx: [0-9/]+ [0-9:]+ \\[{ErrorLogLevels.WordOf(level)}\\] text$", Receive());
        Assert.True(log.Stop(Long));
        Assert.Contains("text", file.Text, StringComparison.Ordinal);
    }
}
