using System.Text;
using Portico.Kubernetes.Manifests;
using Xunit;

namespace Portico.UnitTests.Kubernetes.Manifests;

public class DocumentSplitterTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a: 1", "1|a: 1")]
    [InlineData("---\na: 1\n---\nb: 2\n", "1|---\na: 1\n", "3|---\nb: 2\n")]
    [InlineData("a: 1\r\n---\r\nb: 2\r\n", "1|a: 1\r\n", "2|---\r\nb: 2\r\n")]
    [InlineData("# c\n\n---\n---\n# d\n---\na: 1\n", "6|---\na: 1\n")]
    [InlineData("--- {a: 1}\n--- # c\nb: 2", "1|--- {a: 1}\n", "2|--- # c\nb: 2")]
    [InlineData("%YAML 1.2\n---\na: 1\n...\n%YAML 1.2\n---\nb: 2\n", "1|%YAML 1.2\n---\na: 1\n...\n", "5|%YAML 1.2\n---\nb: 2\n")]
    [InlineData("a: |\n  ---\n ---\n----\n---x\n", "1|a: |\n  ---\n ---\n----\n---x\n")]
    [InlineData("{\n}\n\n{\n}\n{}", "1|{\n}\n\n", "4|{\n}\n", "6|{}")]
    [InlineData("{\n},\n{\n}", "1|{\n},\n{\n}")]
    public void A_file_is_cut_at_its_markers(string text, params string[] documents) =>
        Assert.Equal(documents.Where(document => document.Length > 0),
            DocumentSplitter.Split(Encoding.UTF8.GetBytes(text)).Select(found => $"{found.FirstLine}|{Encoding.UTF8.GetString(found.Utf8.Span)}"));
}
