# Requests that are counted against a rate and a number in progress, far below both.
run() {
  row_title "rate and connection limit, 98 bytes, 64 keep-alive connections: CPU per request"
  must_ratio total portico nginx '<=' 0.90
  must_value failed portico '<=' 0
  PORTICO_ANNOTATIONS='nginx.ingress.kubernetes.io/limit-rps: "1000000", nginx.ingress.kubernetes.io/limit-connections: "1000"'
  NGINX_HTTP='geo $remote_addr $whitelist { default 0; }
    map $whitelist $limit { 0 $binary_remote_addr; 1 ""; }
    limit_req_zone $limit zone=bench_rps:5m rate=1000000r/s;
    limit_conn_zone $limit zone=bench_conn:5m;
    limit_req_status 503;
    limit_conn_status 503;'
  NGINX_LOCATION='limit_conn bench_conn 1000;
            limit_req zone=bench_rps burst=5000000 nodelay;'
  start_peers portico nginx
  cpu_rounds http /
}
