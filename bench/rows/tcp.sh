# TCP services: small messages back and forth, and bytes in bulk. CPU per message, and per gigabyte.
source "$here/streams.sh"

run() {
  row_title "TCP relay: 64-byte messages on 64 connections (CPU microseconds per message), bulk on 4 (CPU microseconds per GB)"
  must_ratio message portico nginx '<=' 1.00
  must_ratio gigabyte portico nginx '<=' 1.00
  must_ratio gigabyte portico haproxy '<=' 1.00
  must_value message_failed portico '<=' 0
  local peer round
  start_stream_peers portico nginx haproxy
  for peer in "${peers[@]}"; do taskset -c "$LOAD_CORE" "$work/bin/streams" small "${SMALL[$peer]}" 64 "$WARM_UP_SECONDS" >/dev/null; done
  for ((round = 1; round <= ROUNDS; round++)); do
    for peer in "${peers[@]}"; do
      stream_round "$peer" "$round" message 1 small "${SMALL[$peer]}" 64
      stream_round "$peer" "$round" gigabyte 1e9 bulk "${POUR[$peer]}" 4
    done
  done
}
