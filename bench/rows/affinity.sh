# Requests of one session: the cookie is read and chooses the endpoint.
run() {
  local cookie
  row_title "session cookie, 98 bytes, 64 keep-alive connections: CPU per request"
  must_ratio total portico nginx '<=' 0.90
  must_value failed portico '<=' 0
  PORTICO_ANNOTATIONS='nginx.ingress.kubernetes.io/affinity: cookie'
  # ingress-nginx does this in Lua; a hash of the cookie is what stock nginx has that comes closest, and costs less.
  NGINX_UPSTREAM='hash $cookie_INGRESSCOOKIE consistent;'
  start_peers portico nginx
  if [[ -n ${HTTP_PORT[portico]:-} ]]; then
    cookie=$(curl -s -o /dev/null -D - -H "Host: $HOST" "$(url_of portico http /)" | tr -d '\r' | awk -F'[ ;]' 'tolower($1) == "set-cookie:" { print $2 }')
  fi
  LOAD_HEADER="Cookie: ${cookie:-INGRESSCOOKIE=0|0}"
  cpu_rounds http /
}
