using System.Globalization;
using Portico.PeerTests.Programs;
using Portico.TestKit.Manifests;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.PeerTests.Php;

/// <summary>Debian's PHP as a FastCGI application on a port of its own, with one script that tells what it was told.</summary>
public sealed class PhpApplication : IAsyncLifetime
{
    private const string Script = """
        <?php
        if (isset($_GET['status'])) http_response_code((int)$_GET['status']);
        if (isset($_GET['to'])) header('Location: ' . $_GET['to']);
        if (isset($_GET['log'])) error_log($_GET['log']);
        header('Content-Type: text/plain');
        $body = file_get_contents('php://input');
        echo $_SERVER['REQUEST_METHOD'], ' ', $_SERVER['SCRIPT_NAME'], ' ', $_SERVER['QUERY_STRING'], "\n";
        echo $_SERVER['HTTP_HOST'], ' ', $_SERVER['REMOTE_ADDR'], ' ', $_SERVER['EXTRA'] ?? '', "\n";
        echo strlen($body), ' ', hash('sha256', $body), "\n";
        echo str_repeat('x', (int)($_GET['more'] ?? 0));
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("portico-php-").FullName;
    private readonly int _port = FreePorts.Next();
    private PeerProgram? _server;

    /// <summary>Where the scripts are, for SCRIPT_FILENAME.</summary>
    internal string Folder => _folder;

    internal ServiceEndpoint Endpoint => new("127.0.0.1", _port);

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "app.php"), Script);
        _server = PeerProgram.Start("php-cgi", "-b", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}"));
        await Eventually.TrueAsync(
            async () =>
            {
                using var socket = new System.Net.Sockets.TcpClient();
                try
                {
                    await socket.ConnectAsync("127.0.0.1", _port);
                    return true;
                }
                catch (System.Net.Sockets.SocketException)
                {
                    return false;
                }
            },
            "PHP accepts connections");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
