# The back end of every row: nginx with its own configuration, on the core of the load. "/" answers 98 bytes, "/large" 100 KB.
# Its other port speaks HTTP/2 without TLS and answers every call of gRPC with a message of 93 bytes and the status in a trailer.
start_backend() {
  local port grpc
  read -r port grpc < <(free_ports 2)
  mkdir -p "$work/backend"
  head -c 102400 /dev/zero | tr '\0' x >"$work/backend/large"
  { printf '\0\0\0\0\135'; printf 'b%.0s' {1..93}; } >"$work/backend/message"
  cat >"$work/backend/nginx.conf" <<CONF
daemon off;
user root;
worker_processes 2;
pid $work/backend/nginx.pid;
error_log stderr error;
events { worker_connections 16384; }
http {
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    sendfile on;
    tcp_nodelay on;
    server {
        listen 127.0.0.1:$port reuseport backlog=4096;
        location / { default_type text/plain; return 200 "$(printf 'b%.0s' {1..98})"; }
        location = /large { root $work/backend; default_type text/plain; }
    }
    server {
        listen 127.0.0.1:$grpc http2 reuseport backlog=4096;
        root $work/backend;
        default_type application/grpc;
        add_trailer grpc-status 0;
        error_page 405 =200 /message;
        location / { rewrite ^ /message break; }
    }
}
CONF
  start backend "$LOAD_CORE" nginx -c "$work/backend/nginx.conf" -e stderr
  BACKEND_PORT=$port GRPC_PORT=$grpc
  wait_for_answer backend "http://127.0.0.1:$port/"
}
