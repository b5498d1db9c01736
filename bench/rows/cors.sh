# Answers to a page of another origin: six headers more.
run() {
  row_title "CORS, 98 bytes, 64 keep-alive connections: CPU per request"
  must_ratio total portico nginx '<=' 0.90
  must_value failed portico '<=' 0
  LOAD_HEADER="Origin: https://app.example.com"
  PORTICO_ANNOTATIONS='nginx.ingress.kubernetes.io/enable-cors: "true", nginx.ingress.kubernetes.io/cors-allow-origin: "https://*.example.com"'
  # add_header stands for more_set_headers, which stock nginx lacks.
  NGINX_LOCATION='if ($http_origin ~* ((https://[A-Za-z0-9\-]+\.example\.com))$) { set $cors "true"; }
            if ($request_method = "OPTIONS") { set $cors ${cors}options; }
            if ($cors = "true") {
                add_header Access-Control-Allow-Origin $http_origin always;
                add_header Access-Control-Allow-Credentials true always;
                add_header Access-Control-Allow-Methods "GET, PUT, POST, DELETE, PATCH, OPTIONS" always;
                add_header Access-Control-Allow-Headers "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization" always;
                add_header Access-Control-Max-Age 1728000 always;
            }'
  start_peers portico nginx
  cpu_rounds http /
}
