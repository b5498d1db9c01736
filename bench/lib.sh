# What every row of the comparison uses: cores, packages, tools, starting and stopping, CPU time, load, results.
# Sourced by bench/compare; runs nothing by itself.

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
repository=$(dirname "$here")
HOST=bench.example.com
export PYTHONDONTWRITEBYTECODE=1

# The proxy has one core for itself; the load and the back end share the other one.
PROXY_CORE=1
LOAD_CORE=0

declare -A HTTP_PORT TLS_PORT PID
started=()

say() { echo "bench: $*" >&2; }
die() { say "$*"; exit 1; }

install_missing() {
  local missing=() sudo= what package
  for need in nginx:nginx haproxy:haproxy wrk:wrk h2load:nghttp2-client openssl:openssl gcc:gcc python3:python3 taskset:util-linux curl:curl; do
    what=${need%:*} package=${need#*:}
    command -v "$what" >/dev/null || missing+=("$package")
  done
  [[ -f /usr/lib/nginx/modules/ngx_stream_module.so ]] || missing+=(libnginx-mod-stream)
  [[ -f /usr/include/openssl/ssl.h ]] || missing+=(libssl-dev)
  [[ ${#missing[@]} -eq 0 ]] && return
  [[ $EUID -eq 0 ]] || sudo=sudo
  say "installing ${missing[*]}"
  $sudo apt-get update -qq && $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 || die "could not install ${missing[*]}"
}

build_tools() {
  mkdir -p "$work/bin"
  gcc -O2 -o "$work/bin/relay" "$here/tools/relay.c" &&
    gcc -O2 -o "$work/bin/paced" "$here/tools/paced.c" &&
    gcc -O2 -o "$work/bin/streams" "$here/tools/streams.c" &&
    gcc -O2 -o "$work/bin/handshakes" "$here/tools/handshakes.c" -lssl -lcrypto -lpthread || die "a tool did not compile"
}

# A P-256 certificate for the host: in a file for nginx, key and certificate in one for HAProxy, a Secret for Portico.
make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$HOST" -addext "subjectAltName=DNS:$HOST" \
    -keyout "$work/tls.key" -out "$work/tls.crt" 2>/dev/null || die "openssl made no certificate"
  cat "$work/tls.crt" "$work/tls.key" >"$work/tls.pem"
}

free_ports() { # COUNT
  python3 -c 'import socket, sys
s = [socket.socket() for _ in range(int(sys.argv[1]))]
for x in s: x.bind(("127.0.0.1", 0))
print(*(x.getsockname()[1] for x in s))' "$1"
}

# Starts a process in the background on the given core and remembers it under a name.
start() { # NAME CORE COMMAND...
  local name=$1 core=$2
  shift 2
  taskset -c "$core" "$@" >"$work/$name.log" 2>&1 &
  PID[$name]=$!
  started+=("$!")
}

# Asks a process to end, and insists after five seconds.
end_process() { # PID
  local i
  kill "$1" 2>/dev/null || return 0
  for ((i = 0; i < 50; i++)); do
    kill -0 "$1" 2>/dev/null || break
    sleep 0.1
  done
  kill -9 "$1" 2>/dev/null
  wait "$1" 2>/dev/null
  return 0
}

stop() { # NAME
  [[ -n ${PID[$1]:-} ]] || return 0
  end_process "${PID[$1]}"
  unset "PID[$1]"
}

stop_all() {
  local pid
  for pid in "${started[@]}"; do end_process "$pid"; done
  started=()
  PID=()
}

wait_for_answer() { # NAME URL [curl arguments]: until it answers 200, a minute at most
  local name=$1 url=$2 last=$((SECONDS + 60))
  shift 2
  while ((SECONDS < last)); do
    [[ $(curl -sk -o /dev/null -w '%{http_code}' --max-time 2 -H "Host: $HOST" "$@" "$url") == 200 ]] && return
    kill -0 "${PID[$name]}" 2>/dev/null || break
    sleep 0.1
  done
  say "$name does not answer at $url; its output ends with:"
  tail -3 "$work/$name.log" >&2
  return 1
}

# The processes of a peer: what was started, and its children (nginx's workers).
processes_of() { echo "${PID[$1]}"; cat "/proc/${PID[$1]}/task/${PID[$1]}/children" 2>/dev/null; }

# User and total CPU time that a peer's processes have used until now, in microseconds: "user total".
cpu_of() { # NAME
  local pid
  for pid in $(processes_of "$1"); do cat "/proc/$pid/stat" 2>/dev/null; done |
    awk -v tick="$(getconf CLK_TCK)" '{ sub(/^.*\) /, ""); user += $12; kernel += $13 } END { printf "%d %d\n", user * 1e6 / tick, (user + kernel) * 1e6 / tick }'
}

# Resident memory of a peer, kB. Where it has several processes (nginx) their shared pages are counted once.
memory_of() { # NAME
  local pid pids
  pids=($(processes_of "$1"))
  for pid in "${pids[@]}"; do cat "/proc/$pid/smaps_rollup" 2>/dev/null; done |
    awk -v which="$([[ ${#pids[@]} -eq 1 ]] && echo Rss: || echo Pss:)" '$1 == which { sum += $2 } END { print sum }'
}

# Runs wrk with 64 keep-alive connections, with the LOAD_HEADER of the row if it has one; prints "requests failures requests-per-second".
load() { # SECONDS URL
  taskset -c "$LOAD_CORE" wrk -t1 -c64 -d"${1}s" -H "Host: $HOST" ${LOAD_HEADER:+-H "$LOAD_HEADER"} "$2" >"$work/wrk.log" 2>&1
  awk '/ requests in / { done = $1 }
       /Non-2xx/ { bad += $NF }
       /Socket errors/ { gsub(",", ""); bad += $4 + $6 + $8 + $10 }
       /Requests\/sec/ { rate = $2 }
       END { printf "%d %d %.0f\n", done, bad, rate }' "$work/wrk.log"
}

# The same with h2load: HTTP/2, 8 connections of 100 streams each; with LOAD_BODY, a file, calls of gRPC that carry it.
load_http2() { # SECONDS URL
  taskset -c "$LOAD_CORE" h2load -t1 -c8 -m100 -D"$1" --warm-up-time=0 -H ":authority: $HOST" \
    ${LOAD_BODY:+-d "$LOAD_BODY" -H "content-type: application/grpc" -H "te: trailers"} "$2" >"$work/h2load.log" 2>&1
  awk '/^finished in / { rate = $4 }
       /^requests: / { bad = $10 }
       /^status codes: / { done = $3; bad += $5 + $7 + $9 }
       END { printf "%d %d %.0f\n", done, bad, rate }' "$work/h2load.log"
}

# --- results -------------------------------------------------------------------------------------------------------

row_title() { printf '%s\t%s\n' "$row" "$*" >>"$work/titles.tsv"; }

record() { # PEER ROUND METRIC VALUE
  printf '%s\t%s\t%s\t%s\t%s\n' "$row" "$1" "$2" "$3" "$4" >>"$work/results.tsv"
}

# What must hold. Ratios are taken round by round, and the median of them is judged.
must_ratio() { # METRIC PEER OTHER <=|>= LIMIT      ("best" as OTHER: the better one of nginx and HAProxy)
  printf '%s\tratio\t%s\t%s\t%s\t%s\t%s\n' "$row" "$1" "$2" "$3" "$4" "$5" >>"$work/bounds.tsv"
}

must_value() { # METRIC PEER <=|>= LIMIT
  printf '%s\tvalue\t%s\t%s\t-\t%s\t%s\n' "$row" "$1" "$2" "$3" "$4" >>"$work/bounds.tsv"
}

# --- the shape that most rows have: CPU time per request, peers in turn, round after round -----------------------------

# Measures one peer once and records its CPU time per request.
cpu_round() { # PEER ROUND URL
  local before after done bad rate
  before=($(cpu_of "$1"))
  read -r done bad rate < <("${LOAD:-load}" "$SECONDS_PER_ROUND" "$3")
  after=($(cpu_of "$1"))
  ((done > 0)) || { say "$1 answered nothing"; return 1; }
  record "$1" "$2" user "$(awk "BEGIN { print (${after[0]} - ${before[0]}) / $done }")"
  record "$1" "$2" total "$(awk "BEGIN { print (${after[1]} - ${before[1]}) / $done }")"
  record "$1" "$2" rate "$rate"
  record "$1" "$2" failed "$bad"
}

url_of() { # PEER http|https PATH
  if [[ $2 == http ]]; then echo "http://127.0.0.1:${HTTP_PORT[$1]}$3"; else echo "https://127.0.0.1:${TLS_PORT[$1]}$3"; fi
}

# Starts the peers that are wanted; those that do not come up are left out with a message. Sets `peers`.
start_peers() { # PEER...
  start_backend || die "the back end does not start"
  start_front_ends "$@"
}

start_front_ends() { # PEER...
  local peer
  peers=()
  for peer in "$@"; do
    [[ ,$WANTED_PEERS, == *,$peer,* ]] || continue
    if "start_$peer"; then peers+=("$peer"); fi
  done
  [[ ${#peers[@]} -gt 0 ]] || die "no peer started"
}

cpu_rounds() { # http|https PATH
  local peer round
  for peer in "${peers[@]}"; do "${LOAD:-load}" "$WARM_UP_SECONDS" "$(url_of "$peer" "$1" "$2")" >/dev/null; done
  for ((round = 1; round <= ROUNDS; round++)); do
    for peer in "${peers[@]}"; do cpu_round "$peer" "$round" "$(url_of "$peer" "$1" "$2")"; done
  done
}
