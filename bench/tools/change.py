"""change.py TIMES FOLDER PORT [NGINX_MASTER BACKEND_PORT]: adds one host after another and waits until each is served.
Without a master: the file of an Ingress is renamed into the folder, and the clock starts there. With one: the clock starts at
the signal that makes nginx read its configuration again. Prints p50, p99 and the longest time in milliseconds."""
import os, signal, socket, sys, time

from ingresses import ingress
from servers import server

times, folder, port = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
nginx, backend = (int(sys.argv[4]), sys.argv[5]) if len(sys.argv) > 4 else (None, None)
LONGEST = 120.0


def serves(host):
    """A connection of its own for each question: nginx's old workers would answer on kept ones."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
            s.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while part := s.recv(65536):
                answer += part
            return answer.startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def add(name, host):
    """Puts the file in place in one step and returns the moment."""
    hidden, text, ending = os.path.join(os.path.dirname(folder), "coming"), ingress(name, host), "yaml"
    if nginx:
        text, ending = server(host, port, backend), "conf"
    with open(hidden, "w") as f:
        f.write(text)
    begun = time.perf_counter()
    os.rename(hidden, os.path.join(folder, f"{name}.{ending}"))
    if nginx:
        begun = time.perf_counter()
        os.kill(nginx, signal.SIGHUP)
    return begun


waits = []
for i in range(times):
    name, host = f"added-{i}", f"added-{i}.example.com"
    begun = add(name, host)
    while not serves(host):
        if time.perf_counter() - begun > LONGEST:
            sys.exit(f"change.py: {host} is not served after {LONGEST:.0f} s")
        time.sleep(0.0005)
    waits.append((time.perf_counter() - begun) * 1000)
    time.sleep(0.02)
waits.sort()
print(f"{waits[len(waits) // 2]:.2f} {waits[min(len(waits) - 1, int(len(waits) * 0.99))]:.2f} {waits[-1]:.2f}")
