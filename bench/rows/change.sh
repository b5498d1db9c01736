# One Ingress added to 10,000: from the moment its file is there until the first right answer. Beside it, nginx with 10,000
# servers: from the moment of the signal until the first right answer.
INGRESSES=${INGRESSES:-10000}

run() {
  row_title "One Ingress added to 10,000: milliseconds until it serves"
  must_value p99_ms portico '<=' 50
  start_backend || die "the back end does not start"
  if [[ ,$WANTED_PEERS, == *,portico,* ]]; then
    mkdir -p "$work/manifests"
    python3 "$here/tools/ingresses.py" "$work/manifests" "$INGRESSES"
    if start_portico; then
      measure portico "$CHANGES" "$work/manifests" "${HTTP_PORT[portico]}"
      stop portico
    fi
  fi
  if [[ ,$WANTED_PEERS, == *,nginx,* ]] && start_nginx_with_many_servers; then
    measure nginx "$RELOADS" "$work/nginx/servers" "${HTTP_PORT[nginx]}" "${PID[nginx]}" "$BACKEND_PORT"
  fi
}

measure() { # PEER TIMES FOLDER PORT [MASTER_PID BACKEND_PORT]
  local peer=$1 p50 p99 max
  shift
  read -r p50 p99 max < <(taskset -c "$LOAD_CORE" python3 "$here/tools/change.py" "$@")
  record "$peer" 1 p50_ms "$p50"
  record "$peer" 1 p99_ms "$p99"
  record "$peer" 1 max_ms "$max"
  record "$peer" 1 changes "$1"
}

start_nginx_with_many_servers() {
  read -r HTTP_PORT[nginx] TLS_PORT[nginx] < <(free_ports 2)
  mkdir -p "$work/nginx/servers"
  python3 "$here/tools/servers.py" "$work/nginx/servers" "$INGRESSES" "${HTTP_PORT[nginx]}" "$BACKEND_PORT"
  # A host that is not there yet must not be answered by the default server with the same 200.
  echo "server { listen 127.0.0.1:${HTTP_PORT[nginx]} default_server; return 404; }" >"$work/nginx/servers/default.conf"
  nginx_configuration | sed -e 's/server_names_hash_max_size 1024/server_names_hash_max_size 65536/' -e 's/ default_server//' \
    -e "s|^}\$|    include $work/nginx/servers/*.conf;\n}|" >"$work/nginx/nginx.conf"
  start nginx "$PROXY_CORE" nginx -c "$work/nginx/nginx.conf" -e stderr
  wait_for_answer nginx "http://127.0.0.1:${HTTP_PORT[nginx]}/"
}
