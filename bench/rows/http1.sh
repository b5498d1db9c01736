# Small answers over HTTP/1.1: what the proxy itself costs.
run() {
  row_title "HTTP/1.1, 98 bytes, 64 keep-alive connections, full header set: CPU per request"
  must_ratio total portico nginx '<=' 0.75
  must_ratio total portico haproxy '<=' 0.75
  must_ratio total portico relay '<=' 1.20
  must_value failed portico '<=' 0
  start_peers portico nginx haproxy relay
  cpu_rounds http /
}
