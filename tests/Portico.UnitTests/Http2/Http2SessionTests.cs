using System.Text;
using Portico.Http.Http2;
using Xunit;

namespace Portico.UnitTests.Http2;

/// <summary>Two sessions that talk to each other in memory: what the binding to libnghttp2 carries, both ways.</summary>
public sealed class Http2SessionTests
{
    [Fact]
    public void A_request_and_its_response_pass_with_bodies_and_trailers()
    {
        using var client = new RecordingSession(isServer: false) { Body = "ping", TrailerName = "x-sum" };
        using var server = new RecordingSession(isServer: true) { Body = "pong", TrailerName = "grpc-status" };
        client.SubmitSettings([]);
        server.SubmitSettings([]);
        client.Request("POST");
        Exchange(client, server);
        server.Answer(1, "200");
        Exchange(server, client);

        Assert.Equal(
            [
                "headers 1 Request", ":method=POST", ":scheme=http", ":path=/", ":authority=a", "data 1 ping", "headers 1 Further", "x-sum=0",
                "end 1",
            ],
            server.Events.Where(entry => !entry.StartsWith("closed", StringComparison.Ordinal)));
        Assert.Equal(
            ["headers 1 Response", ":status=200", "data 1 pong", "headers 1 Further", "grpc-status=0", "end 1", "closed 1 NoError"],
            client.Events);
        Assert.Equal("closed 1 NoError", server.Events[^1]);
    }

    [Fact]
    public void A_body_waits_for_the_window_and_goes_on_as_bytes_are_consumed()
    {
        using var client = new RecordingSession(isServer: false) { Body = new string('x', 200_000) };
        using var server = new RecordingSession(isServer: true) { ConsumesAtOnce = false };
        client.SubmitSettings([]);
        server.SubmitSettings([]);
        client.Request("POST");
        Exchange(client, server);
        Assert.Equal(65_535, server.BodyBytes);

        var given = 0;
        while (given < 200_000)
        {
            server.Consume(1, server.BodyBytes - given);
            given = server.BodyBytes;
            Exchange(server, client);
        }

        Assert.Contains("end 1", server.Events);
    }

    [Fact]
    public void A_defect_in_a_handler_ends_the_session_and_is_kept()
    {
        using var client = new RecordingSession(isServer: false);
        using var server = new RecordingSession(isServer: true) { Throws = true };
        client.SubmitSettings([]);
        client.Request("GET");
        var buffer = new byte[Http2Session.LeastOutputRoom];
        var count = client.TakeOutput(buffer, 0, buffer.Length);
        Assert.False(server.Receive(buffer.AsSpan(0, count)));
        Assert.IsType<InvalidDataException>(server.Defect);
    }

    [Fact]
    public void Bytes_that_are_no_frames_end_the_session_with_a_reason_for_the_peer()
    {
        using var client = new RecordingSession(isServer: false);
        using var server = new RecordingSession(isServer: true);
        client.SubmitSettings([]);
        client.Request("GET");
        Exchange(client, server);
        // DATA on stream 0 (RFC 9113, 6.1).
        Assert.True(client.Receive([0, 0, 0, 4, 0, 0, 0, 0, 0]));
        client.Receive([0, 0, 1, 0, 0, 0, 0, 0, 0, 1]);
        Exchange(client, server);
        Assert.False(client.WantsRead);
        Assert.Contains("goaway ProtocolError", server.Events);
    }

    private static void Exchange(RecordingSession one, RecordingSession other)
    {
        var buffer = new byte[Http2Session.LeastOutputRoom];
        var moved = true;
        while (moved)
        {
            moved = Move(one, other, buffer) | Move(other, one, buffer);
        }
    }

    private static bool Move(RecordingSession from, RecordingSession to, byte[] buffer)
    {
        var count = from.TakeOutput(buffer, 0, buffer.Length);
        Assert.True(count >= 0);
        if (count > 0)
        {
            to.Receive(buffer.AsSpan(0, count));
        }

        return count > 0;
    }

    private sealed class RecordingSession(bool isServer) : Http2Session(isServer, new Http2SessionOptions())
    {
        private readonly Http2FieldList _fields = new();
        private int _sent;

        public List<string> Events { get; } = [];

        public string Body { get; init; } = "";

        public string? TrailerName { get; init; }

        public bool ConsumesAtOnce { get; init; } = true;

        public bool Throws { get; init; }

        public int BodyBytes { get; private set; }

        public void Request(string method)
        {
            _fields.Add(":method"u8, Encoding.ASCII.GetBytes(method));
            _fields.Add(":scheme"u8, "http"u8);
            _fields.Add(":path"u8, "/"u8);
            _fields.Add(":authority"u8, "a"u8);
            Assert.Equal(1, SubmitRequest(_fields, Body.Length > 0));
        }

        public void Answer(int stream, string status)
        {
            _fields.Add(":status"u8, Encoding.ASCII.GetBytes(status));
            Assert.Equal(0, SubmitResponse(stream, _fields, Body.Length > 0));
        }

        protected override bool HandleBeginHeaders(int stream, Http2HeadersCategory category)
        {
            Events.Add($"headers {stream} {category}");
            return true;
        }

        protected override bool HandleField(int stream, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            if (Throws)
            {
                throw new InvalidDataException();
            }

            Events.Add($"{Encoding.ASCII.GetString(name)}={Encoding.ASCII.GetString(value)}");
            return true;
        }

        protected override void HandleBody(int stream, ReadOnlySpan<byte> bytes)
        {
            BodyBytes += bytes.Length;
            if (ConsumesAtOnce)
            {
                Events.Add($"data {stream} {Encoding.ASCII.GetString(bytes)}");
                Consume(stream, bytes.Length);
            }
        }

        protected override void HandleFrame(in Http2Frame frame)
        {
            if (frame.Type is Http2FrameType.Data or Http2FrameType.Headers && frame.EndsStream)
            {
                Events.Add($"end {frame.Stream}");
            }
            else if (frame.Type == Http2FrameType.GoAway)
            {
                Events.Add($"goaway {frame.GoAwayError}");
            }
        }

        protected override void HandleStreamClosed(int stream, Http2ErrorCode error) => Events.Add($"closed {stream} {error}");

        protected override BodyPiece ReadBody(int stream, int limit)
        {
            var count = Math.Min(limit, Body.Length - _sent);
            if (_sent + count < Body.Length)
            {
                return BodyPiece.Of(count);
            }

            if (TrailerName is null)
            {
                return BodyPiece.End(count);
            }

            _fields.Add(Encoding.ASCII.GetBytes(TrailerName), "0"u8);
            SubmitTrailer(stream, _fields);
            return BodyPiece.EndWithTrailers(count);
        }

        protected override bool CopyBody(int stream, Span<byte> destination)
        {
            Encoding.ASCII.GetBytes(Body.AsSpan(_sent, destination.Length), destination);
            _sent += destination.Length;
            return true;
        }
    }
}
