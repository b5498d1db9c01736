# HAProxy on one thread, setting the same headers.
start_haproxy() {
  read -r HTTP_PORT[haproxy] TLS_PORT[haproxy] < <(free_ports 2)
  cat >"$work/haproxy.cfg" <<CONF
global
    nbthread 1
    no strict-limits
    maxconn 16384
    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
    tune.ssl.default-dh-param 2048
defaults
    mode http
    timeout connect 5s
    timeout client 75s
    timeout server 60s
    timeout http-keep-alive 75s
    option http-keep-alive
frontend in
    bind 127.0.0.1:${HTTP_PORT[haproxy]}
    bind 127.0.0.1:${TLS_PORT[haproxy]} ssl crt $work/tls.pem alpn h2,http/1.1
    http-request set-header X-Request-ID %[rand(2147483647),hex]%[rand(2147483647),hex]%[rand(2147483647),hex]%[rand(2147483647),hex] unless { req.hdr(x-request-id) -m found }
    http-request set-header X-Original-Forwarded-For %[req.hdr(x-forwarded-for)] if { req.hdr(x-forwarded-for) -m found }
    http-request set-header X-Original-Forwarded-Host %[req.hdr(x-forwarded-host)] if { req.hdr(x-forwarded-host) -m found }
    http-request set-header X-Real-IP %[src]
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Host %[req.hdr(host)]
    http-request set-header X-Forwarded-Port %[dst_port]
    http-request set-header X-Forwarded-Proto https if { ssl_fc }
    http-request set-header X-Forwarded-Proto http unless { ssl_fc }
    http-request set-header X-Forwarded-Scheme https if { ssl_fc }
    http-request set-header X-Forwarded-Scheme http unless { ssl_fc }
    http-request set-header X-Scheme https if { ssl_fc }
    http-request set-header X-Scheme http unless { ssl_fc }
    http-request del-header Proxy
    use_backend app if { req.hdr(host) $HOST }
backend app
    http-reuse always
    server one 127.0.0.1:${ROW_BACKEND_PORT:-$BACKEND_PORT} ${HAPROXY_SERVER:-} pool-max-conn 320
CONF
  start haproxy "$PROXY_CORE" haproxy -db -f "$work/haproxy.cfg"
  wait_for_answer haproxy "http://127.0.0.1:${HTTP_PORT[haproxy]}/"
}
