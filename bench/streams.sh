# What the rows tcp and udp share: the back end that echoes and pours, the peers in front of it, and a round of load.

start_stream_backend() {
  # Ports of a row before would be taken for those of this one.
  rm -f "$work/streams.log"
  start streams "$LOAD_CORE" "$work/bin/streams" serve
  local i
  for ((i = 0; i < 50; i++)); do
    [[ -s $work/streams.log ]] && read -r ECHO_PORT BULK_PORT DATAGRAM_PORT <"$work/streams.log" && return
    sleep 0.1
  done
  die "the stream back end does not start"
}

# Ports that nobody has: small messages, bulk, datagrams.
stream_ports() { read -r SMALL[$1] POUR[$1] DATAGRAMS[$1] < <(free_ports 3); }

start_stream_portico() {
  local admin http https
  stream_ports portico
  read -r admin http https < <(free_ports 3)
  mkdir -p "$work/streams"
  {
    cat <<YAML
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: bench}
data: {disable-access-log: "true"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: tcp, namespace: bench}
data: {"${SMALL[portico]}": "bench/echo:80", "${POUR[portico]}": "bench/bulk:80"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: udp, namespace: bench}
data: {"${DATAGRAMS[portico]}": "bench/datagrams:80"}
YAML
    stream_service echo TCP "$ECHO_PORT"
    stream_service bulk TCP "$BULK_PORT"
    stream_service datagrams UDP "$DATAGRAM_PORT"
  } >"$work/streams/streams.yaml"
  start portico "$PROXY_CORE" "$repository/portico" serve --manifests "$work/streams" --bind-address 127.0.0.1 --shards 1 \
    --http-port "$http" --https-port "$https" --healthz-port "$admin" --configmap bench/settings \
    --tcp-services-configmap bench/tcp --udp-services-configmap bench/udp
  wait_for_answer portico "http://127.0.0.1:$admin/readyz"
}

stream_service() { # NAME PROTOCOL PORT
  cat <<YAML
---
apiVersion: v1
kind: Service
metadata: {name: $1, namespace: bench}
spec: {clusterIP: None, ports: [{name: it, port: 80, targetPort: it, protocol: $2}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: $1-1, namespace: bench, labels: {kubernetes.io/service-name: $1}}
addressType: IPv4
ports: [{name: it, port: $3, protocol: $2}]
endpoints: [{addresses: ["127.0.0.1"], conditions: {ready: true}}]
YAML
}

# The stream part of ingress-nginx's configuration, with Debian's stream module.
start_stream_nginx() {
  stream_ports nginx
  mkdir -p "$work/nginx"
  cat >"$work/nginx/stream.conf" <<CONF
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
user root;
pid $work/nginx/stream.pid;
worker_processes 1;
worker_rlimit_nofile 20000;
error_log stderr crit;
events { multi_accept on; worker_connections 16384; use epoll; }
stream {
    access_log off;
    proxy_timeout 600s;
    proxy_next_upstream on;
    proxy_next_upstream_timeout 600s;
    proxy_next_upstream_tries 3;
    server { listen 127.0.0.1:${SMALL[nginx]} reuseport; proxy_pass 127.0.0.1:$ECHO_PORT; }
    server { listen 127.0.0.1:${POUR[nginx]} reuseport; proxy_pass 127.0.0.1:$BULK_PORT; }
    server { listen 127.0.0.1:${DATAGRAMS[nginx]} udp reuseport; proxy_responses 1; proxy_pass 127.0.0.1:$DATAGRAM_PORT; }
}
CONF
  start nginx "$PROXY_CORE" nginx -c "$work/nginx/stream.conf" -e stderr
  wait_for_port "${SMALL[nginx]}"
}

start_stream_haproxy() {
  stream_ports haproxy
  cat >"$work/haproxy-stream.cfg" <<CONF
global
    nbthread 1
    no strict-limits
    maxconn 16384
defaults
    mode tcp
    option splice-auto
    timeout connect 60s
    timeout client 600s
    timeout server 600s
listen small
    bind 127.0.0.1:${SMALL[haproxy]}
    server one 127.0.0.1:$ECHO_PORT
listen bulk
    bind 127.0.0.1:${POUR[haproxy]}
    server one 127.0.0.1:$BULK_PORT
CONF
  start haproxy "$PROXY_CORE" haproxy -db -f "$work/haproxy-stream.cfg"
  wait_for_port "${SMALL[haproxy]}"
}

wait_for_port() { # PORT
  local i
  for ((i = 0; i < 100; i++)); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    sleep 0.1
  done
  return 1
}

start_stream_peers() { # PEER...
  local peer
  declare -gA SMALL POUR DATAGRAMS
  peers=()
  start_stream_backend
  for peer in "$@"; do
    [[ ,$WANTED_PEERS, == *,$peer,* ]] || continue
    if "start_stream_$peer"; then peers+=("$peer"); else say "$peer does not start"; fi
  done
  [[ ${#peers[@]} -gt 0 ]] || die "no peer started"
}

# CPU time of one round of load, in microseconds for each UNIT of what arrived.
stream_round() { # PEER ROUND METRIC UNIT MODE PORT COUNT
  local before after arrived failed
  before=($(cpu_of "$1"))
  read -r arrived failed < <(taskset -c "$LOAD_CORE" "$work/bin/streams" "$5" "$6" "$7" "$SECONDS_PER_ROUND")
  after=($(cpu_of "$1"))
  ((arrived > 0)) || { say "$1 passed nothing on"; return 1; }
  record "$1" "$2" "$3" "$(awk "BEGIN { print (${after[1]} - ${before[1]}) / ($arrived / $4) }")"
  record "$1" "$2" "$3_failed" "$failed"
}
