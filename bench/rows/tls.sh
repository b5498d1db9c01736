# The same over TLS 1.3 with an ECDSA P-256 certificate; connections are kept, so this is the cost of records.
run() {
  row_title "HTTP/1.1 over TLS 1.3, 98 bytes, 64 keep-alive connections: CPU per request"
  must_ratio total portico nginx '<=' 0.85
  must_value failed portico '<=' 0
  start_peers portico nginx haproxy
  cpu_rounds https /
}
