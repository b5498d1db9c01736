"""endpoints.py FILE PORT PORT RATE: rewrites an EndpointSlice at a fixed rate, so that its endpoints come and go: the first,
the second, both. Ends on SIGTERM and prints the changes per second that it made."""
import os, signal, sys, time

path, first, second, rate = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
stopped = False


def stop(*_):
    global stopped
    stopped = True


signal.signal(signal.SIGTERM, stop)


def slice_of(number, port):
    return f"""apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: app-{number}, namespace: bench, labels: {{kubernetes.io/service-name: app}}}}
addressType: IPv4
ports: [{{name: http, port: {port}, protocol: TCP}}]
endpoints: [{{addresses: ["127.0.0.1"], conditions: {{ready: true}}}}]
"""


states = [slice_of(1, first), slice_of(2, second), slice_of(1, first) + "---\n" + slice_of(2, second)]
# Written beside the watched folder and renamed into it: no half-written file is ever there.
hidden = os.path.join(os.path.dirname(os.path.dirname(path)), "endpoints.coming")
begun, made = time.perf_counter(), 0
while not stopped:
    with open(hidden, "w") as f:
        f.write(states[made % 3])
    os.rename(hidden, path)
    made += 1
    pause = begun + made / rate - time.perf_counter()
    if pause > 0:
        time.sleep(pause)
print(f"{made / (time.perf_counter() - begun):.0f}")
