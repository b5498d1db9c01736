using Portico.Control;
using Portico.Model;
using Portico.Proxy.Observing.AccessLog;
using Portico.Proxy.Observing.ErrorLog;
using Portico.UnitTests.Observing;
using Xunit;

namespace Portico.UnitTests.Control;

public class LogSettingsTests
{
    private readonly ErrorLogWriter _errorLog = new(new ScriptedOutput(), TimeProvider.System);
    private readonly AccessLogWriter _accessLog = new(new ScriptedOutput(), 1, 1024);

    [Theory]
    [InlineData("warn", false, ErrorLogLevel.Warn)]
    [InlineData("debug", false, ErrorLogLevel.Debug)]
    [InlineData("crit", true, ErrorLogLevel.Debug)]
    public void The_level_is_the_configuration_s_unless_the_command_line_asks_for_everything(string level, bool verbose, ErrorLogLevel expected)
    {
        new LogSettings(_accessLog, _errorLog, verbose).Follow(new GlobalSettings { ErrorLog = new ErrorLogSettings { Level = level } });

        Assert.Equal(expected, _errorLog.Threshold);
    }

    [Fact]
    public void A_level_that_is_taken_out_of_the_configuration_falls_back_to_notice()
    {
        var logs = new LogSettings(_accessLog, _errorLog, verbose: false);
        logs.Follow(new GlobalSettings { ErrorLog = new ErrorLogSettings { Level = "emerg" } });
        logs.Follow(new GlobalSettings());

        Assert.Equal(ErrorLogLevel.Notice, _errorLog.Threshold);
    }

    [Fact]
    public void Lines_go_where_the_configuration_says_and_follow_it()
    {
        var folder = Directory.CreateTempSubdirectory("portico-log-");
        try
        {
            var log = new ErrorLogWriter(Path.Combine(folder.FullName, "first"), TimeProvider.System);
            var second = Path.Combine(folder.FullName, "second");
            new LogSettings(_accessLog, log, verbose: false).Follow(new GlobalSettings { ErrorLog = new ErrorLogSettings { Path = second } });
            log.Write(ErrorLogLevel.Error, "here");
            log.Start();

            Assert.True(log.Stop(TimeSpan.FromSeconds(30)));
            Assert.Contains("[error] here", File.ReadAllText(second), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
