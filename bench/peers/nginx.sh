# NGINX_HTTP, NGINX_UPSTREAM, NGINX_SERVER, NGINX_MATCH and NGINX_LOCATION of a row are the directives that ingress-nginx would write for what
# the row measures; with NGINX_PROTOCOL=grpc and NGINX_PASS it is gRPC that is passed on. NGINX_CONNECTIONS: how many it may have open.
# nginx as ingress-nginx 1.15 configures it for one host, without the Lua that it also runs: a little better than the real one.
start_nginx() {
  read -r HTTP_PORT[nginx] TLS_PORT[nginx] < <(free_ports 2)
  mkdir -p "$work/nginx"
  nginx_configuration >"$work/nginx/nginx.conf"
  start nginx "$PROXY_CORE" nginx -c "$work/nginx/nginx.conf" -e stderr
  wait_for_answer nginx "http://127.0.0.1:${HTTP_PORT[nginx]}/"
}

nginx_configuration() {
  cat <<CONF
daemon off;
user root;
pid $work/nginx/nginx.pid;
worker_processes 1;
worker_rlimit_nofile ${NGINX_CONNECTIONS:-20000};
worker_shutdown_timeout 240s;
error_log stderr error;
events { multi_accept on; worker_connections ${NGINX_CONNECTIONS:-16384}; use epoll; }
http {
    aio threads;
    aio_write on;
    tcp_nopush on;
    tcp_nodelay on;
    log_subrequest on;
    reset_timedout_connection on;
    keepalive_timeout 75s;
    keepalive_requests ${CLIENT_REQUESTS:-1000};
    client_body_temp_path $work/nginx/client-body;
    proxy_temp_path $work/nginx/proxy-temp;
    client_header_buffer_size 1k;
    client_header_timeout 60s;
    large_client_header_buffers 4 8k;
    client_body_buffer_size 8k;
    client_body_timeout 60s;
    types_hash_max_size 2048;
    server_names_hash_max_size 1024;
    server_names_hash_bucket_size 64;
    variables_hash_bucket_size 256;
    variables_hash_max_size 2048;
    underscores_in_headers off;
    ignore_invalid_headers on;
    uninitialized_variable_warn off;
    server_tokens off;
    access_log off;
    ${NGINX_HTTP:-}
    map \$http_x_forwarded_for \$full_x_forwarded_for { default "\$http_x_forwarded_for, \$remote_addr"; '' "\$remote_addr"; }
    map \$http_upgrade \$connection_upgrade { default upgrade; '' ''; }
    map \$http_x_request_id \$req_id { default \$http_x_request_id; '' \$request_id; }
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_early_data off;
    ssl_session_cache shared:SSL:10m;
    ssl_session_timeout 10m;
    ssl_session_tickets off;
    ssl_buffer_size 4k;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384;
    ssl_prefer_server_ciphers on;
    ssl_ecdh_curve auto;
    ssl_certificate $work/tls.crt;
    ssl_certificate_key $work/tls.key;
    upstream upstream_balancer {
        ${NGINX_UPSTREAM:-}
        server 127.0.0.1:${ROW_BACKEND_PORT:-$BACKEND_PORT};
        keepalive 320;
        keepalive_time 1h;
        keepalive_timeout 60s;
        keepalive_requests 10000;
    }
    server {
        server_name $HOST;
        listen 127.0.0.1:${HTTP_PORT[nginx]} default_server reuseport backlog=4096;
        listen 127.0.0.1:${TLS_PORT[nginx]} default_server reuseport backlog=4096 ssl http2;
        set \$proxy_upstream_name "-";
        ${NGINX_SERVER:-}
        location ${NGINX_MATCH:-/} {
            set \$namespace "bench";
            set \$ingress_name "app";
            set \$service_name "app";
            set \$service_port "80";
            set \$location_path "/";
            set \$balancer_ewma_score -1;
            set \$proxy_upstream_name "bench-app-80";
            set \$proxy_host \$proxy_upstream_name;
            set \$pass_access_scheme \$scheme;
            set \$pass_server_port \$server_port;
            set \$best_http_host \$http_host;
            set \$pass_port \$pass_server_port;
            set \$proxy_alternative_upstream_name "";
            client_max_body_size 1m;
            ${NGINX_PROTOCOL:-proxy}_set_header Host \$best_http_host;
            ${NGINX_PROTOCOL:-proxy}_set_header Upgrade \$http_upgrade;
            ${NGINX_PROTOCOL:-proxy}_set_header Connection \$connection_upgrade;
            ${NGINX_PROTOCOL:-proxy}_set_header X-Request-ID \$req_id;
            ${NGINX_PROTOCOL:-proxy}_set_header X-Real-IP \$remote_addr;
            ${NGINX_PROTOCOL:-proxy}_set_header X-Forwarded-For \$remote_addr;
            ${NGINX_PROTOCOL:-proxy}_set_header X-Forwarded-Host \$best_http_host;
            ${NGINX_PROTOCOL:-proxy}_set_header X-Forwarded-Port \$pass_port;
            ${NGINX_PROTOCOL:-proxy}_set_header X-Forwarded-Proto \$pass_access_scheme;
            ${NGINX_PROTOCOL:-proxy}_set_header X-Forwarded-Scheme \$pass_access_scheme;
            ${NGINX_PROTOCOL:-proxy}_set_header X-Scheme \$pass_access_scheme;
            ${NGINX_PROTOCOL:-proxy}_set_header X-Original-Forwarded-For \$http_x_forwarded_for;
            ${NGINX_PROTOCOL:-proxy}_set_header X-Original-Forwarded-Host \$http_x_forwarded_host;
            ${NGINX_PROTOCOL:-proxy}_set_header Proxy "";
            proxy_connect_timeout 5s;
            proxy_send_timeout 60s;
            proxy_read_timeout 60s;
            proxy_buffering off;
            proxy_buffer_size 4k;
            proxy_buffers 4 4k;
            proxy_max_temp_file_size 1024m;
            proxy_request_buffering on;
            proxy_http_version 1.1;
            proxy_cookie_domain off;
            proxy_cookie_path off;
            proxy_next_upstream error timeout;
            proxy_next_upstream_timeout 0;
            proxy_next_upstream_tries 3;
            ${NGINX_LOCATION:-}
            ${NGINX_PASS:-proxy_pass http://upstream_balancer};
            proxy_redirect off;
        }
    }
}
CONF
}
