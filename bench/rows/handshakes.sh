# Full TLS 1.3 handshakes, no resumption, one connection each: how many per second of the proxy's CPU time.
run() {
  row_title "Full TLS 1.3 handshakes (ECDSA P-256, X25519) per CPU second"
  must_ratio per_cpu_second portico nginx '>=' 1.00
  must_value failed portico '<=' 0
  start_peers portico nginx haproxy
  local peer round before after good bad protocol
  for peer in "${peers[@]}"; do shake "$peer" "$WARM_UP_SECONDS" >/dev/null; done
  for ((round = 1; round <= ROUNDS; round++)); do
    for peer in "${peers[@]}"; do
      before=($(cpu_of "$peer"))
      read -r good bad protocol < <(shake "$peer" "$SECONDS_PER_ROUND")
      after=($(cpu_of "$peer"))
      [[ $protocol == TLSv1.3 ]] || { say "$peer speaks $protocol"; continue; }
      record "$peer" "$round" per_cpu_second "$(awk "BEGIN { print $good * 1e6 / (${after[1]} - ${before[1]}) }")"
      record "$peer" "$round" failed "$bad"
    done
  done
}

shake() { taskset -c "$LOAD_CORE" "$work/bin/handshakes" "${TLS_PORT[$1]}" "$2" 8 "$HOST"; }
