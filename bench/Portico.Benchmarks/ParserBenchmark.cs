using System.Text;
using BenchmarkDotNet.Attributes;
using Portico.Http;
using Portico.Http.Http1;
using Portico.Http.Messages;

namespace Portico.Benchmarks;

/// <summary>What a request and its response cost the codec. Must allocate nothing.</summary>
[MemoryDiagnoser]
public class ParserBenchmark
{
    private readonly Http1RequestParser _requestParser = new();
    private readonly RequestHead _request = new();
    private readonly Http1ResponseParser _responseParser = new();
    private readonly ResponseHead _response = new();
    private readonly byte[] _responseBytes = Encoding.ASCII.GetBytes(
        "HTTP/1.1 200 OK\r\nServer: nginx/1.27.1\r\nDate: Tue, 21 Jul 2026 09:30:00 GMT\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 98\r\n"
        + "Connection: keep-alive\r\nCache-Control: no-cache\r\nETag: \"0123456789abcdef\"\r\nVary: Accept-Encoding\r\n\r\n");

    private byte[] _coded = [];
    private byte[] _piece = [];

    [GlobalSetup]
    public void CodeBody()
    {
        var text = new StringBuilder();
        for (var i = 0; i < 16; i++)
        {
            text.Append("400\r\n").Append('x', 1024).Append("\r\n");
        }

        _coded = Encoding.ASCII.GetBytes(text.Append("0\r\n\r\n").ToString());
        _piece = new byte[_coded.Length + BodyRoom.After];
    }

    [Benchmark]
    public ParseStatus ParseRequest()
    {
        _request.Clear();
        _requestParser.Reset();
        return _requestParser.Parse(BrowserRequest.Bytes, BrowserRequest.Bytes.Length, HeadLimits.Default, _request);
    }

    [Benchmark]
    public ParseStatus ParseResponse()
    {
        _response.Clear();
        _responseParser.Reset();
        return _responseParser.Parse(_responseBytes, _responseBytes.Length, 4096, toHeadRequest: false, _response);
    }

    /// <summary>16 KB in 16 chunks; decoding is done in place, so the coded bytes are copied first.</summary>
    [Benchmark]
    public int DecodeChunks()
    {
        _coded.CopyTo(_piece, 0);
        var decoder = default(ChunkedDecoder);
        decoder.Decode(_piece.AsSpan(0, _coded.Length), out _, out var produced);
        return produced;
    }
}
