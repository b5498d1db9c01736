# Memory of idle WebSockets: 10,000 that have carried a message each way, held open through the proxy, which has two descriptors open for
# each; as many as the machine allows where that is fewer.
SOCKETS=${SOCKETS:-10000}

run() {
  ulimit -n 40000 2>/dev/null || ulimit -n "$(ulimit -Hn)"
  local possible=$((($(ulimit -n) - 1000) / 2))
  ((SOCKETS <= possible)) || SOCKETS=$possible
  row_title "$SOCKETS idle WebSockets: KB of each"
  must_value socket_kb portico '<=' 6
  NGINX_CONNECTIONS=40000
  local peer idle ROW_BACKEND_PORT
  start_backend || die "the back end does not start"
  ROW_BACKEND_PORT=$(free_ports 1)
  start sockets "$LOAD_CORE" python3 "$here/tools/websockets.py" serve "$ROW_BACKEND_PORT"
  wait_for_answer sockets "http://127.0.0.1:$ROW_BACKEND_PORT/" || die "the back end of WebSockets does not start"
  start_front_ends portico nginx
  for peer in "${peers[@]}"; do
    sleep 2
    idle=$(memory_of "$peer")
    measure_sockets "$peer" "$idle"
  done
}

measure_sockets() { # PEER IDLE_KB
  local open
  coproc HOLDERS { exec taskset -c "$LOAD_CORE" python3 "$here/tools/websockets.py" hold "${HTTP_PORT[$1]}" "$SOCKETS" "$HOST"; }
  started+=("$HOLDERS_PID")
  read -r open <&"${HOLDERS[0]}"
  sleep 1
  record "$1" 1 sockets "${open:-0}"
  ((${open:-0} > 0)) && record "$1" 1 socket_kb "$(awk "BEGIN { print ($(memory_of "$1") - $2) / $open }")"
  end_process "$HOLDERS_PID"
}
