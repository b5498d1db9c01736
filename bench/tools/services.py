"""Measures the Service proxy of a node; called by bench/services, which explains the arguments."""
import argparse
import os
import resource
import signal
import statistics
import subprocess
import sys
import time
import urllib.request

ENDPOINTS = 5
CHANGING = 0  # the Service whose endpoints change


def service_ip(i):
    return f"10.{96 + i // 62500}.{i // 250 % 250}.{1 + i % 250}"


def endpoint(i, k):
    n = i * ENDPOINTS + k
    return f"10.{1 + n // 62500}.{n // 250 % 250}.{1 + n % 250}"


def manifest(i, endpoints, protocol="TCP"):
    members = ", ".join(f'{{addresses: ["{a}"], nodeName: other, conditions: {{ready: true}}}}' for a in endpoints)
    return f"""apiVersion: v1
kind: Service
metadata: {{name: s{i}, namespace: bench}}
spec: {{clusterIP: "{service_ip(i)}", ports: [{{name: p, port: 80, protocol: {protocol}}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: s{i}-1, namespace: bench, labels: {{kubernetes.io/service-name: s{i}}}}}
addressType: IPv4
ports: [{{name: p, port: 8080, protocol: {protocol}}}]
endpoints: [{members}]
---
"""


def kube_proxy_chain(i, endpoints):
    """A chain and an anonymous map for each Service, as kube-proxy writes them in its nftables mode."""
    name = f"service-{i:08X}-bench/s{i}/tcp/p"
    targets = ", ".join(f"{k} : {a} . 8080" for k, a in enumerate(endpoints))
    return name, f"""add chain ip kube-proxy {name}
flush chain ip kube-proxy {name}
add rule ip kube-proxy {name} meta l4proto tcp dnat ip addr . port to numgen random mod {len(endpoints)} map {{ {targets} }}
"""


def kube_proxy_rules(count):
    text = ["""add table ip kube-proxy
add set ip kube-proxy cluster-ips { type ipv4_addr; }
add set ip kube-proxy hairpin-connections { type ipv4_addr . ipv4_addr . inet_proto . inet_service; }
add map ip kube-proxy service-ips { type ipv4_addr . inet_proto . inet_service : verdict; }
add map ip kube-proxy service-nodeports { type inet_proto . inet_service : verdict; }
add map ip kube-proxy no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict; }
add map ip kube-proxy no-endpoint-nodeports { type inet_proto . inet_service : verdict; }
add map ip kube-proxy firewall-ips { type ipv4_addr . inet_proto . inet_service : verdict; }
add chain ip kube-proxy services
add chain ip kube-proxy service-endpoints-check
add chain ip kube-proxy cluster-ips-check
add chain ip kube-proxy masquerading
add chain ip kube-proxy nat-prerouting { type nat hook prerouting priority -100; }
add chain ip kube-proxy nat-output { type nat hook output priority -100; }
add chain ip kube-proxy nat-postrouting { type nat hook postrouting priority 100; }
add chain ip kube-proxy filter-forward { type filter hook forward priority 0; }
add chain ip kube-proxy filter-output { type filter hook output priority 0; }
add rule ip kube-proxy services ip daddr @cluster-ips ip saddr != 10.0.0.0/10 meta mark set meta mark or 0x4000
add rule ip kube-proxy services ip daddr . meta l4proto . th dport vmap @service-ips
add rule ip kube-proxy services fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @service-nodeports
add rule ip kube-proxy service-endpoints-check ip daddr . meta l4proto . th dport vmap @no-endpoint-services
add rule ip kube-proxy cluster-ips-check ip daddr @cluster-ips reject
add rule ip kube-proxy masquerading mark and 0x4000 != 0 meta mark set meta mark xor 0x4000 masquerade fully-random
add rule ip kube-proxy nat-prerouting jump services
add rule ip kube-proxy nat-output jump services
add rule ip kube-proxy nat-postrouting jump masquerading
add rule ip kube-proxy filter-forward ct state new jump service-endpoints-check
add rule ip kube-proxy filter-forward ct state new jump cluster-ips-check
add rule ip kube-proxy filter-output ct state new jump service-endpoints-check
add rule ip kube-proxy filter-output ct state new jump cluster-ips-check
"""]
    for i in range(count):
        name, chain = kube_proxy_chain(i, [endpoint(i, k) for k in range(ENDPOINTS)])
        text.append(chain)
        text.append(f"add element ip kube-proxy cluster-ips {{ {service_ip(i)} }}\n")
        text.append(f"add element ip kube-proxy service-ips {{ {service_ip(i)} . tcp . 80 : goto {name} }}\n")
    return "".join(text)


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.spaces = []
        self.failed = False

    def space(self, role):
        name = f"portico-bench-{os.getpid()}-{role}"
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.spaces.append(name)
        self.ip(name, "link set lo up")
        return name

    def remove(self, name):
        subprocess.run(["ip", "netns", "delete", name], check=True)
        self.spaces.remove(name)

    @staticmethod
    def ip(space, command):
        subprocess.run(["ip", "-n", space, *command.split()], check=True)

    def file(self, name, text):
        path = os.path.join(self.arguments.work, name)
        with open(path + ".new", "w") as out:
            out.write(text)
        os.rename(path + ".new", path)
        return path

    def portico(self, *flags):
        return [self.arguments.program, "node", "--node-name", "node", "--cluster-cidr", "10.0.0.0/10", "--service-cidr", "10.96.0.0/13",
                "--healthz-port", "0", *flags]

    def judge(self, what, value, bound, holds):
        self.failed |= not holds
        print(f"  {what}: {value:.2f} (bound {bound}) {'holds' if holds else 'DOES NOT HOLD'}")

    # From nothing, into empty namespaces, in turns: by the program, as it measures itself, from rules that are ready in memory until the kernel has everything
    # and the program has noted what that is; by nft from a text that is ready. The program's own rules are loaded by nft as well, to see what that costs.
    def apply(self):
        print("Rules from nothing (median; CPU is that of nft and of the kernel on its behalf)")
        print(f"{'Services':>9} {'layout':>12} {'by':>8} {'wall ms':>9} {'CPU ms':>9}")
        for size in self.arguments.sizes:
            manifests = self.file("all.yaml", "".join(manifest(i, [endpoint(i, k) for k in range(ENDPOINTS)]) for i in range(size)))
            rules = subprocess.run(self.portico("--dry-run", "--manifests", manifests), check=True, capture_output=True, text=True).stdout
            ours = self.file("ours.nft", rules[:rules.index("\nadd table ip6 ")] if "\nadd table ip6 " in rules else rules)
            theirs = self.file("theirs.nft", kube_proxy_rules(size))
            ways = {("portico", "portico"): lambda: self.begin(manifests), ("portico", "nft"): lambda: self.load(ours), ("kube-proxy", "nft"): lambda: self.load(theirs)}
            rounds = max(1, self.arguments.rounds if size <= 1000 else self.arguments.rounds // 3)
            times = {way: [] for way in ways}
            for _ in range(rounds):
                for way, measure in ways.items():
                    times[way].append(measure())
            for (layout, by), measured in times.items():
                cpu = f"{statistics.median(c for _, c in measured) * 1000:>9.1f}" if measured[0][1] is not None else f"{'-':>9}"
                print(f"{size:>9} {layout:>12} {by:>8} {statistics.median(w for w, _ in measured) * 1000:>9.1f} {cpu}")
            ratio = statistics.median(o[0] / t[0] for o, t in zip(times["portico", "portico"], times["kube-proxy", "nft"]))
            if size >= 1000:
                self.judge(f"{size} Services, time against kube-proxy's layout", ratio, "0.20", ratio <= 0.20)
            else:
                print(f"  {size} Service(s), time against kube-proxy's layout: {ratio:.2f} (the first use of code on one side, a process start on the other)")

    def begin(self, manifests):
        space = self.space("apply")
        process = subprocess.Popen(["ip", "netns", "exec", space, *self.portico("--manifests", manifests)], stderr=subprocess.PIPE, text=True)
        try:
            self.wait_until_in_force(process)
            seconds, count = self.syncs(space, "full")
            if count != 1:
                sys.exit(f"bench: {count} full writings instead of one")
            return seconds, None
        finally:
            process.terminate()
            process.wait()
            self.remove(space)

    @staticmethod
    def wait_until_in_force(process):
        while "in force" not in (line := process.stderr.readline()):
            if not line:
                sys.exit("bench: portico node has ended")

    def load(self, path):
        space = self.space("apply")
        try:
            before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run(["ip", "netns", "exec", space, "nft", "-f", path], check=True)
            wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
            return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        finally:
            self.remove(space)

    # What the first writing of the largest rule set is for other programs that want to see theirs: they wait while a transaction goes on.
    def others(self):
        size = max(self.arguments.sizes)
        print(f"How long nft waits for a list of tables while rules for {size} Services are written (ms)")
        print(f"{'layout':>12} {'lists':>6} {'median':>8} {'longest':>8}")
        manifests = self.file("all.yaml", "".join(manifest(i, [endpoint(i, k) for k in range(ENDPOINTS)]) for i in range(size)))
        theirs = self.file("theirs.nft", kube_proxy_rules(size))
        longest = {}
        for layout, command in (("portico", self.portico("--once", "--manifests", manifests)), ("kube-proxy", ["nft", "-f", theirs])):
            space = self.space("others")
            process = subprocess.Popen(["ip", "netns", "exec", space, *command])
            waits = []
            while process.poll() is None:
                began = time.perf_counter()
                subprocess.run(["ip", "netns", "exec", space, "nft", "list", "tables"], check=True, stdout=subprocess.DEVNULL)
                waits.append((time.perf_counter() - began) * 1000)
            self.remove(space)
            longest[layout] = max(waits)
            print(f"{layout:>12} {len(waits):>6} {statistics.median(waits):>8.1f} {longest[layout]:>8.1f}")
        self.judge("the longest wait while ours are written, in seconds", longest["portico"] / 1000, "1.00", longest["portico"] <= 1000)

    # One endpoint comes and goes while the program runs; its own metrics tell what bringing the rules up to date took.
    def change(self):
        print("One endpoint comes or goes, by the running program (mean of its own measure; CPU of the whole process)")
        print(f"{'Services':>9} {'ms':>9} {'CPU ms':>9}")
        costs = {}
        for size in self.arguments.sizes:
            folder = os.path.join(self.arguments.work, f"live-{size}")
            os.mkdir(folder)
            self.file(f"live-{size}/rest.yaml", "".join(manifest(i, [endpoint(i, k) for k in range(ENDPOINTS)]) for i in range(size) if i != CHANGING))
            self.file(f"live-{size}/one.yaml", self.changed(0))
            space = self.space("change")
            process = subprocess.Popen(["ip", "netns", "exec", space, *self.portico("--manifests", folder)], stderr=subprocess.PIPE, text=True)
            try:
                self.wait_until_in_force(process)
                for step in range(1, 4):  # the ways for four and for five endpoints are made once
                    self.step(space, size, step)
                before, cpu = self.syncs(space), self.cpu(process.pid)
                for step in range(4, 4 + self.arguments.changes):
                    self.step(space, size, step)
                after = self.syncs(space)
                count = after[1] - before[1]
                costs[size] = (after[0] - before[0]) / count * 1000
                print(f"{size:>9} {costs[size]:>9.2f} {(self.cpu(process.pid) - cpu) / count * 1000:>9.2f}")
            finally:
                process.terminate()
                process.wait()
                self.remove(space)
        if 1000 in costs and 10000 in costs:
            ratio = costs[10000] / costs[1000]
            self.judge("a change at 10,000 Services against one at 1,000", ratio, "1.50", ratio <= 1.5)

    @staticmethod
    def changed(step):
        return manifest(CHANGING, [endpoint(CHANGING, k) for k in range(ENDPOINTS - step % 2)])

    def step(self, space, size, step):
        before = self.syncs(space)[1]
        self.file(f"live-{size}/one.yaml", self.changed(step))
        until = time.monotonic() + 60
        while self.syncs(space)[1] == before:
            if time.monotonic() > until:
                sys.exit("bench: a change was not taken")
            time.sleep(0.02)

    @staticmethod
    def syncs(space, kind="partial"):
        page = in_space(space, lambda: urllib.request.urlopen("http://127.0.0.1:10249/metrics", timeout=30).read().decode())
        values = {"sum": 0.0, "count": 0.0}
        for line in page.splitlines():
            for part in values:
                if line.startswith(f'kubeproxy_sync_{kind}_proxy_rules_duration_seconds_{part}{{ip_family="IPv4"}}'):
                    values[part] = float(line.split()[1])
        return values["sum"], int(values["count"])

    @staticmethod
    def cpu(pid):
        fields = open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # A client sends through the node to a pod: to its address, and to a cluster address that leads there.
    def packets(self):
        print(f"Packets of one flow and new flows, through the node (median of {self.arguments.rounds} rounds, per second)")
        print(f"{'Services':>9} {'direct pkt/s':>13} {'cluster pkt/s':>14} {'direct flows/s':>15} {'cluster flows/s':>16}")
        node, client, pod = self.space("node"), self.space("cli"), self.space("pod")
        subprocess.run(["ip", "netns", "exec", node, "sysctl", "-qw", "net.ipv4.ip_forward=1"], check=True)
        for space, network in ((client, "10.60.0"), (pod, "10.61.0")):
            name = space.rsplit("-", 1)[1]
            self.ip(node, f"link add {name} type veth peer name eth0 netns {space}")
            self.ip(node, f"address add {network}.1/24 dev {name}")
            self.ip(node, f"link set {name} up")
            self.ip(space, f"address add {network}.2/24 dev eth0")
            self.ip(space, "link set eth0 up")
            self.ip(space, f"route add default via {network}.1")
        sink = subprocess.Popen(["ip", "netns", "exec", pod, self.arguments.packets, "sink", "8080"], stdout=subprocess.PIPE, text=True)
        ratios = {}
        try:
            sink.stdout.readline()
            for size in (10, 10000):
                text = manifest(CHANGING, ["10.61.0.2"], "UDP") + "".join(manifest(i, [endpoint(i, k) for k in range(ENDPOINTS)]) for i in range(1, size))
                manifests = self.file("packets.yaml", text)
                subprocess.run(["ip", "netns", "exec", node, *self.portico("--once", "--manifests", manifests)], check=True)
                rounds = [[self.stream(client, pod, "10.61.0.2", 8080), self.stream(client, pod, service_ip(CHANGING), 80),
                           self.flows(client, "10.61.0.2", 8080), self.flows(client, service_ip(CHANGING), 80)] for _ in range(self.arguments.rounds)]
                print("{:>9} {:>13.0f} {:>14.0f} {:>15.0f} {:>16.0f}".format(size, *(statistics.median(column) for column in zip(*rounds))))
                ratios[size] = (statistics.median(r[1] / r[0] for r in rounds), statistics.median(r[3] / r[2] for r in rounds))
        finally:
            sink.kill()
            sink.wait()
            for space in (node, client, pod):
                self.remove(space)
        for size, (packets, flows) in ratios.items():
            self.judge(f"{size} Services, packets by the cluster address against direct ones", packets, "0.95", packets >= 0.95)
        packets, flows = (ratios[10000][i] / ratios[10][i] for i in (0, 1))
        self.judge("packets at 10,000 Services against 10", packets, "0.95", packets >= 0.95)
        self.judge("new flows at 10,000 Services against 10", flows, "0.95", flows >= 0.95)

    def stream(self, client, pod, address, port):
        before, began = received(pod), time.perf_counter()
        subprocess.run(["ip", "netns", "exec", client, self.arguments.packets, "stream", address, str(port), str(self.arguments.seconds)], check=True, stdout=subprocess.DEVNULL)
        return (received(pod) - before) / (time.perf_counter() - began)

    def flows(self, client, address, port):
        count = 20000
        run = subprocess.run(["ip", "netns", "exec", client, self.arguments.packets, "flows", address, str(port), str(count)], check=True, capture_output=True, text=True)
        return count / float(run.stdout)


def received(space):
    text = subprocess.run(["ip", "netns", "exec", space, "cat", "/proc/net/dev"], check=True, capture_output=True, text=True).stdout
    return int(next(line for line in text.splitlines() if "eth0:" in line).split(":")[1].split()[1])


def in_space(space, work):
    """Does something in a namespace; the process goes back afterwards."""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{space}", os.O_RDONLY)
    try:
        if libc.setns(there, 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        return work()
    finally:
        libc.setns(home, 0x40000000)
        os.close(home)
        os.close(there)


def main():
    parser = argparse.ArgumentParser()
    for name in ("program", "packets", "work"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--sizes", type=lambda text: [int(s) for s in text.split(",")], default=[1, 1000, 10000])
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--only", type=lambda text: text.split(","), default=["apply", "others", "change", "packets"])
    bench = Bench(parser.parse_args())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        for part in bench.arguments.only:
            {"apply": bench.apply, "others": bench.others, "change": bench.change, "packets": bench.packets}[part]()
    finally:
        for space in list(bench.spaces):
            bench.remove(space)
    sys.exit(1 if bench.failed else 0)


main()
