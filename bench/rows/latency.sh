# Latency at a rate that nginx can carry well: 70 % of its peak, open loop, measured from the moment a request fell due.
run() {
  row_title "Latency at 70 % of nginx's peak rate, 64 connections, open loop: microseconds"
  must_ratio p99 portico nginx '<=' 1.00
  must_value failed portico '<=' 0
  start_peers portico nginx haproxy relay
  local peer round rate seen failed p50 p90 p99 p999 max
  [[ -n ${PID[nginx]:-} ]] || die "this row needs nginx for the rate"
  for peer in "${peers[@]}"; do load "$WARM_UP_SECONDS" "$(url_of "$peer" http /)" >/dev/null; done
  rate=$(load "$SECONDS_PER_ROUND" "$(url_of nginx http /)" | awk '{ printf "%d", $3 * 0.7 }')
  say "70 % of nginx's peak is $rate requests per second"
  for ((round = 1; round <= ROUNDS; round++)); do
    for peer in "${peers[@]}"; do
      read -r seen failed p50 p90 p99 p999 max < <(
        taskset -c "$LOAD_CORE" "$work/bin/paced" "${HTTP_PORT[$peer]}" "$rate" 64 "$SECONDS_PER_ROUND" "$HOST" /
      )
      record "$peer" "$round" p50 "$p50"
      record "$peer" "$round" p99 "$p99"
      record "$peer" "$round" p99.9 "$p999"
      record "$peer" "$round" rate "$seen"
      record "$peer" "$round" failed "$failed"
    done
  done
}
