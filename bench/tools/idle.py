"""idle.py PORT COUNT HOST: opens connections, sends one request on each, prints how many stand, and holds them until killed."""
import resource, socket, sys, time

port, count, host = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
request = f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
held = []
for i in range(count):
    try:
        s = socket.create_connection(("127.0.0.1", port), timeout=10)
        s.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer or not answer.endswith(b"b" * 98):
            part = s.recv(65536)
            if not part:
                break
            answer += part
        held.append(s)
    except OSError as e:
        print(f"idle.py: connection {i}: {e}", file=sys.stderr)
        break
print(len(held), flush=True)
time.sleep(3600)
