# Answers that are compressed on the way: the encoder's cost, and what is around it.
run() {
  row_title "gzip level 1, 100 KB answers, 64 keep-alive connections: CPU per request"
  must_ratio total portico nginx '<=' 0.90
  must_value failed portico '<=' 0
  LOAD_HEADER="Accept-Encoding: gzip"
  PORTICO_SETTINGS='use-gzip: "true", gzip-types: "*"'
  NGINX_HTTP="gzip on; gzip_comp_level 1; gzip_http_version 1.1; gzip_min_length 256; gzip_types *; gzip_proxied any; gzip_vary on;"
  start_peers portico nginx
  cpu_rounds http /large
}
