using System.Text;
using Portico.Proxy.Passwords;
using Xunit;

namespace Portico.UnitTests.Passwords;

public class PasswordHashTests
{
    [Theory]
    [InlineData("{PLAIN}secret")]
    [InlineData("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=")]
    [InlineData("$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/")]
    [InlineData("$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW")]
    [InlineData("$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW")]
    [InlineData("$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.")]
    [InlineData("$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.")]
    [InlineData("$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1")]
    public void The_right_password_and_only_it_matches(string hash)
    {
        Assert.True(PasswordHash.Verify("secret"u8, hash));
        Assert.False(PasswordHash.Verify("Secret"u8, hash));
        Assert.False(PasswordHash.Verify(""u8, hash));
        Assert.False(PasswordHash.Verify("secret\0x"u8, hash));
    }

    [Fact]
    public void A_salted_hash_holds_its_salt_behind_the_digest()
    {
#pragma warning disable CA5350 // The format that htpasswd writes.
        var digest = System.Security.Cryptography.SHA1.HashData("secretsalt"u8);
#pragma warning restore CA5350
        var hash = "{SSHA}" + Convert.ToBase64String([.. digest, .. "salt"u8]);

        Assert.True(PasswordHash.Verify("secret"u8, hash));
        Assert.False(PasswordHash.Verify("secretsalt"u8, hash));
    }

    [Theory]
    [InlineData("")]
    [InlineData("*0")]
    [InlineData("*1")]
    [InlineData("!")]
    [InlineData("{SHA}")]
    [InlineData("{SHA}AAAA")]
    [InlineData("{SSHA}")]
    [InlineData("{MD5}x")]
    [InlineData("$2b$99$nonsense")]
    [InlineData("$apr1$")]
    [InlineData("$9$abc$def")]
    public void What_is_no_hash_matches_nothing(string hash)
    {
        Assert.False(PasswordHash.Verify("secret"u8, hash));
        Assert.False(PasswordHash.Verify(""u8, hash));
        Assert.False(PasswordHash.Verify(Encoding.ASCII.GetBytes(hash), hash));
    }

    [Theory]
    [InlineData("", "$apr1$abcdefgh$L.PT565ESX4Tp2bqNs7Ie.")]
    [InlineData("a much longer password than sixteen bytes", "$apr1$abcdefgh$Eqv4oIyMsS.tjfvQCJYY1/")]
    public void Apr1_is_that_of_openssl_for_short_and_long_passwords(string password, string hash) =>
        Assert.Equal(hash, Apr1.Hash(Encoding.ASCII.GetBytes(password), hash));
}
