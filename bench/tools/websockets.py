"""websockets.py serve PORT: a back end that accepts WebSockets, gives every message back, and answers 200 to all else.
websockets.py hold PORT COUNT HOST: opens WebSockets, a message there and back on each, prints how many stand, and holds them until killed."""
import asyncio, base64, hashlib, os, resource, socket, sys, time

MESSAGE = b"idle"


def frame(message, mask=b""):
    body = bytes(b ^ mask[i % 4] for i, b in enumerate(message)) if mask else message
    return bytes([0x81, len(message) | (0x80 if mask else 0)]) + mask + body


def accept_of(key):
    return base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())


class Server(asyncio.Protocol):
    def __init__(self):
        self.received, self.open = b"", False

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received += data
        if not self.open:
            self.begin()
        while self.open and len(self.received) >= 6 and len(self.received) >= 6 + (self.received[1] & 0x7F):
            length, mask = self.received[1] & 0x7F, self.received[2:6]
            message, self.received = bytes(b ^ mask[i % 4] for i, b in enumerate(self.received[6 : 6 + length])), self.received[6 + length :]
            self.transport.write(frame(message))

    def begin(self):
        if b"\r\n\r\n" not in self.received:
            return
        head, self.received = self.received.split(b"\r\n\r\n", 1)
        fields = {n.strip().lower(): v.strip() for n, _, v in (line.partition(b":") for line in head.split(b"\r\n")[1:])}
        key = fields.get(b"sec-websocket-key")
        if key is None:
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            return
        self.transport.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept_of(key) + b"\r\n\r\n")
        self.open = True


async def serve(port):
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


def receive(connection, enough):
    received = b""
    while not enough(received):
        part = connection.recv(65536)
        if not part:
            raise OSError("ended with " + repr(received[:80]))
        received += part
    return received


def open_one(port, host):
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    key = base64.b64encode(os.urandom(16))
    connection.sendall(
        f"GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ".encode() + key + b"\r\n\r\n"
    )
    if b"101" not in receive(connection, lambda r: r.endswith(b"\r\n\r\n")).split(b"\r\n")[0]:
        raise OSError("no WebSocket")
    connection.sendall(frame(MESSAGE, os.urandom(4)))
    receive(connection, lambda r: r == frame(MESSAGE))
    return connection


def hold(port, count, host):
    held = []
    for i in range(count):
        try:
            held.append(open_one(port, host))
        except OSError as e:
            print(f"websockets.py: connection {i}: {e}", file=sys.stderr)
            break
    print(len(held), flush=True)
    time.sleep(3600)


resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
if sys.argv[1] == "serve":
    asyncio.run(serve(int(sys.argv[2])))
else:
    hold(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
