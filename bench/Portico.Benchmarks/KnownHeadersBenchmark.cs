using BenchmarkDotNet.Attributes;
using Portico.Http.Messages;

namespace Portico.Benchmarks;

/// <summary>The names of a browser's request head: each of them is looked up once per request. Must allocate nothing.</summary>
[MemoryDiagnoser]
public class KnownHeadersBenchmark
{
    private readonly byte[][] _names =
    [
        .. new[]
        {
            "Host", "Connection", "sec-ch-ua", "sec-ch-ua-mobile", "Upgrade-Insecure-Requests", "User-Agent", "Accept", "Sec-Fetch-Site",
            "Sec-Fetch-Mode", "Accept-Encoding", "Accept-Language", "Cookie", "If-None-Match",
        }.Select(System.Text.Encoding.ASCII.GetBytes),
    ];

    [Benchmark]
    public int Find()
    {
        var sum = 0;
        foreach (var name in _names)
        {
            sum += (int)KnownHeaders.Find(name);
        }

        return sum;
    }
}
