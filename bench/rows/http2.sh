# Small answers over HTTP/2 and TLS 1.3 from 8 connections of 100 streams each; connections are not replaced within the row.
run() {
  row_title "HTTP/2 over TLS 1.3, 98 bytes, 8 connections of 100 streams: CPU per request"
  must_ratio total portico nginx '<=' 1.00
  must_value failed portico '<=' 0
  local LOAD=load_http2 CLIENT_REQUESTS=100000000
  start_peers portico nginx
  cpu_rounds https /
}
