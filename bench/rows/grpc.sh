# Unary gRPC: over TLS 1.3 from the client, HTTP/2 without TLS to the back end. 8 connections of 100 calls each, a message of 93 bytes
# either way, the status in a trailer.
run() {
  row_title "gRPC unary, 98 bytes each way, 8 connections of 100 calls: CPU per call"
  must_ratio total portico best '<=' 0.90
  must_value failed portico '<=' 0
  local LOAD=load_http2 CLIENT_REQUESTS=100000000 LOAD_BODY=$work/backend/message
  local ROW_BACKEND_PORT
  PORTICO_ANNOTATIONS='nginx.ingress.kubernetes.io/backend-protocol: GRPC'
  NGINX_PROTOCOL=grpc NGINX_PASS='grpc_pass grpc://upstream_balancer'
  HAPROXY_SERVER='proto h2'
  start_backend || die "the back end does not start"
  ROW_BACKEND_PORT=$GRPC_PORT
  start_front_ends portico nginx haproxy
  cpu_rounds https /bench.Echo/Unary
}
