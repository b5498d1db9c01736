# Headers that the configuration sets: three on every answer, two towards the backend.
run() {
  row_title "custom headers, 98 bytes, 64 keep-alive connections: CPU per request"
  must_ratio total portico nginx '<=' 0.90
  must_value failed portico '<=' 0
  PORTICO_SETTINGS='global-allowed-response-headers: "X-Frame-Options,X-Content-Type-Options,Referrer-Policy", proxy-set-headers: bench/more'
  PORTICO_ANNOTATIONS='nginx.ingress.kubernetes.io/custom-headers: bench/headers'
  PORTICO_MORE='apiVersion: v1
kind: ConfigMap
metadata: {name: headers, namespace: bench}
data: {X-Frame-Options: DENY, X-Content-Type-Options: nosniff, Referrer-Policy: no-referrer}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: more, namespace: bench}
data: {X-Zone: "$host", X-Tier: gold}'
  # add_header stands for more_set_headers, which stock nginx lacks and which costs a little more.
  NGINX_LOCATION='add_header X-Frame-Options DENY always; add_header X-Content-Type-Options nosniff always; add_header Referrer-Policy no-referrer always;
            proxy_set_header X-Zone $host; proxy_set_header X-Tier gold;'
  start_peers portico nginx
  cpu_rounds http /
}
