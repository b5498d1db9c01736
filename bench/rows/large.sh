# Larger answers: the cost of moving bytes.
run() {
  row_title "HTTP/1.1, 100 KB answers, 64 keep-alive connections: CPU per request"
  must_ratio total portico best '<=' 1.00
  must_value failed portico '<=' 0
  start_peers portico nginx haproxy relay
  cpu_rounds http /large
}
