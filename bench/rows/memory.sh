# Memory: after start, what an idle keep-alive connection adds, what an Ingress adds.
CONNECTIONS=${CONNECTIONS:-10000}
INGRESSES=${INGRESSES:-10000}

run() {
  row_title "Memory: idle (MB), per idle keep-alive connection (KB), per Ingress (KB)"
  must_value idle_mb portico '<=' 60
  must_value connection_kb portico '<=' 4
  must_value ingress_kb portico '<=' 10
  ulimit -n 20000 2>/dev/null || ulimit -n "$(ulimit -Hn)"
  start_peers portico nginx haproxy
  local peer idle
  for peer in "${peers[@]}"; do
    sleep 2
    idle=$(memory_of "$peer")
    record "$peer" 1 idle_mb "$(awk "BEGIN { print $idle / 1024 }")"
    measure_connections "$peer" "$idle"
  done
  if [[ -n ${PID[portico]:-} ]]; then measure_ingresses; fi
}

# Every connection has carried one request, as real idle connections have.
measure_connections() { # PEER IDLE_KB
  local open
  coproc IDLERS { exec taskset -c "$LOAD_CORE" python3 "$here/tools/idle.py" "${HTTP_PORT[$1]}" "$CONNECTIONS" "$HOST"; }
  started+=("$IDLERS_PID")
  read -r open <&"${IDLERS[0]}"
  sleep 1
  record "$1" 1 connections "${open:-0}"
  ((${open:-0} > 0)) && record "$1" 1 connection_kb "$(awk "BEGIN { print ($(memory_of "$1") - $2) / $open }")"
  end_process "$IDLERS_PID"
}

measure_ingresses() {
  local few many
  stop portico
  start_portico || return
  sleep 2
  few=$(memory_of portico)
  stop portico
  python3 "$here/tools/ingresses.py" "$work/manifests" "$INGRESSES"
  start_portico || return
  sleep 2
  many=$(memory_of portico)
  record portico 1 ingress_kb "$(awk "BEGIN { print ($many - $few) / $INGRESSES }")"
}
