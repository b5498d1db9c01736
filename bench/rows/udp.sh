# UDP services: small datagrams there and back, one answer each. CPU per question.
source "$here/streams.sh"

run() {
  row_title "UDP relay: 64-byte datagrams of 64 clients, one answer each: CPU microseconds per question"
  must_ratio datagram portico nginx '<=' 1.00
  local peer round
  start_stream_peers portico nginx
  for peer in "${peers[@]}"; do taskset -c "$LOAD_CORE" "$work/bin/streams" datagrams "${DATAGRAMS[$peer]}" 64 "$WARM_UP_SECONDS" >/dev/null; done
  for ((round = 1; round <= ROUNDS; round++)); do
    for peer in "${peers[@]}"; do stream_round "$peer" "$round" datagram 1 datagrams "${DATAGRAMS[$peer]}" 64; done
  done
}
