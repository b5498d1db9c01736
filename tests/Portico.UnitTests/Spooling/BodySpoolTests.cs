using System.Security.Cryptography;
using Portico.Proxy.Spooling;
using Portico.Proxy.Spooling.Native;
using Portico.UnitTests.Net;
using Xunit;

namespace Portico.UnitTests.Spooling;

public class BodySpoolTests
{
    private static readonly byte[] Piece = RandomNumberGenerator.GetBytes(50_000);

    [Fact]
    public async Task What_was_written_is_read_back_and_leaves_no_name()
    {
        var folder = Directory.CreateTempSubdirectory("portico-spool-").FullName;
        try
        {
            await using var thread = new ShardThread();
            var spools = new SpoolFolder(folder, 1_000_000);
            var read = await thread.RunAsync(async () =>
            {
                var spool = spools.Begin(thread.Shard);
                for (var i = 0; i < 3; i++)
                {
                    Assert.Equal(Piece.Length, await spool.AppendAsync(Piece, 0, Piece.Length));
                }

                Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
                Assert.Equal((150_000, 150_000), (spool.Length, spools.UsedBytes));
                var whole = new byte[150_000];
                for (var at = 0; at < whole.Length;)
                {
                    at += await spool.ReadAsync(at, whole, at, Math.Min(7_777, whole.Length - at));
                }

                Assert.Equal(0, await spool.ReadAsync(whole.Length, new byte[10], 0, 10));
                spool.Close();
                return whole;
            });

            Assert.Equal([.. Piece, .. Piece, .. Piece], read);
            SpinWait.SpinUntil(() => spools.UsedBytes == 0, TimeSpan.FromSeconds(30));
            Assert.Equal(0, spools.UsedBytes);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Beyond_the_quota_nothing_is_taken_until_another_body_is_gone()
    {
        await using var thread = new ShardThread();
        var spools = new SpoolFolder(Path.GetTempPath(), 100_000);
        await thread.RunAsync(async () =>
        {
            var first = spools.Begin(thread.Shard);
            var second = spools.Begin(thread.Shard);
            Assert.Equal(Piece.Length, await first.AppendAsync(Piece, 0, Piece.Length));
            Assert.Equal(Piece.Length, await second.AppendAsync(Piece, 0, Piece.Length));
            Assert.Equal(SpoolStatus.Full, await second.AppendAsync(Piece, 0, 1));
            first.Close();
            return SpinWait.SpinUntil(() => spools.UsedBytes == Piece.Length, TimeSpan.FromSeconds(30)) && await second.AppendAsync(Piece, 0, 1) == 1;
        });
    }

    [Fact]
    public async Task A_folder_that_is_not_there_fails_and_takes_nothing()
    {
        await using var thread = new ShardThread();
        var spools = new SpoolFolder("/nowhere/at/all", 100_000);
        var status = await thread.RunAsync(async () =>
        {
            var spool = spools.Begin(thread.Shard);
            var written = await spool.AppendAsync(Piece, 0, Piece.Length);
            spool.Close();
            return written;
        });

        Assert.Equal((SpoolStatus.Failed, 0L), (status, spools.UsedBytes));
    }

    [Fact]
    public void A_full_disk_is_told_from_a_broken_one()
    {
        // The one device that is always full.
        using var full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write);
        Assert.Equal(SpoolStatus.Full, SpoolFile.Write((int)full.DangerousGetHandle(), Piece, 0));
        Assert.Equal(SpoolStatus.Failed, SpoolFile.Write(-1, Piece, 0));
    }
}
