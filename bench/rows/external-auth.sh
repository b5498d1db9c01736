# Requests about which an authentication service was asked before: its kept answer lets them through.
run() {
  row_title "external authentication with cache, 98 bytes, 64 keep-alive connections: CPU per request"
  must_ratio total portico nginx '<=' 0.90
  must_value failed portico '<=' 0
  LOAD_HEADER="Authorization: Bearer 0123456789"
  PORTICO_ANNOTATIONS='nginx.ingress.kubernetes.io/auth-url: "http://app.bench.svc.cluster.local/", nginx.ingress.kubernetes.io/auth-cache-key: "$remote_user$http_authorization", nginx.ingress.kubernetes.io/auth-cache-duration: "200 202 401 5m", nginx.ingress.kubernetes.io/auth-response-headers: "X-User"'
  mkdir -p "$work/nginx"
  NGINX_HTTP="proxy_cache_path $work/nginx/auth-cache levels=1:2 keys_zone=auth_cache:10m max_size=128m inactive=30m use_temp_path=off;"
  NGINX_SERVER='location = /_external-auth-Lw-Prefix {
            internal;
            access_log off;
            proxy_cache auth_cache;
            proxy_cache_valid 200 202 401 5m;
            proxy_cache_key "$remote_user$http_authorization";
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header X-Forwarded-Proto "";
            proxy_set_header X-Request-ID $req_id;
            proxy_set_header Host $host;
            proxy_set_header X-Original-URL $scheme://$http_host$request_uri;
            proxy_set_header X-Original-Method $request_method;
            proxy_set_header X-Sent-From "nginx-ingress-controller";
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Auth-Request-Redirect $request_uri;
            proxy_http_version 1.1;
            proxy_pass_request_headers on;
            client_max_body_size 1m;
            proxy_pass http://upstream_balancer/;
        }'
  NGINX_LOCATION='auth_request /_external-auth-Lw-Prefix;
            auth_request_set $authHeader0 $upstream_http_x_user;
            proxy_set_header X-User $authHeader0;'
  start_peers portico nginx
  cpu_rounds http /
}
