# A path that an expression matches and a template replaces.
run() {
  row_title "rewrite by regular expression, 98 bytes, 64 keep-alive connections: CPU per request"
  must_ratio total portico nginx '<=' 0.90
  must_value failed portico '<=' 0
  PORTICO_ANNOTATIONS='nginx.ingress.kubernetes.io/use-regex: "true", nginx.ingress.kubernetes.io/rewrite-target: /$2'
  PORTICO_PATH='/(shop/v[0-9]+/)?(.*)'
  PORTICO_PATH_TYPE=ImplementationSpecific
  NGINX_MATCH='~* "^/(shop/v[0-9]+/)?(.*)"'
  NGINX_LOCATION='rewrite "(?i)/(shop/v[0-9]+/)?(.*)" /$2 break;'
  start_peers portico nginx
  cpu_rounds http /shop/v1/
}
