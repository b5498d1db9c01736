# The floor: a byte relay that parses nothing.
start_relay() {
  HTTP_PORT[relay]=$(free_ports 1)
  start relay "$PROXY_CORE" "$work/bin/relay" "${HTTP_PORT[relay]}" "$BACKEND_PORT"
  wait_for_answer relay "http://127.0.0.1:${HTTP_PORT[relay]}/"
}
