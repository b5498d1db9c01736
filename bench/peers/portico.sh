# Portico with one shard on the proxy's core, metrics on, access log off as for the others.
start_portico() { # [more flags]
  local admin
  read -r HTTP_PORT[portico] TLS_PORT[portico] admin < <(free_ports 3)
  ADMIN_PORT=$admin
  portico_manifests
  start portico "$PROXY_CORE" "$repository/portico" serve --manifests "$work/manifests" --bind-address 127.0.0.1 \
    --http-port "${HTTP_PORT[portico]}" --https-port "${TLS_PORT[portico]}" --healthz-port "$admin" --shards 1 --enable-metrics \
    --configmap bench/settings --default-ssl-certificate bench/tls "$@"
  wait_for_answer portico "http://127.0.0.1:$admin/readyz" && wait_for_answer portico "http://127.0.0.1:${HTTP_PORT[portico]}/"
}

# PORTICO_SETTINGS and PORTICO_ANNOTATIONS of a row are entries of the ConfigMap and of the Ingress, PORTICO_PATH and PORTICO_PATH_TYPE its
# path, PORTICO_MORE further manifests.
# One Ingress, its Service and endpoint, the settings, the certificate. The folder may already hold more.
portico_manifests() {
  mkdir -p "$work/manifests"
  cat >"$work/manifests/bench.yaml" <<YAML
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: bench}
data: {disable-access-log: "true", keep-alive-requests: "${CLIENT_REQUESTS:-1000}"${PORTICO_SETTINGS:+, $PORTICO_SETTINGS}}
---
apiVersion: v1
kind: Secret
metadata: {name: tls, namespace: bench}
type: kubernetes.io/tls
data:
  tls.crt: $(base64 -w0 "$work/tls.crt")
  tls.key: $(base64 -w0 "$work/tls.key")
---
apiVersion: v1
kind: Service
metadata: {name: app, namespace: bench}
spec: {clusterIP: None, ports: [{name: http, port: 80, targetPort: http}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: app, namespace: bench${PORTICO_ANNOTATIONS:+, annotations: {$PORTICO_ANNOTATIONS\}}}
spec:
  ingressClassName: nginx
  rules:
  - host: $HOST
    http: {paths: [{path: "${PORTICO_PATH:-/}", pathType: ${PORTICO_PATH_TYPE:-Prefix}, backend: {service: {name: app, port: {name: http}}}}]}
YAML
  [[ -z ${PORTICO_MORE:-} ]] || printf '%s\n' "$PORTICO_MORE" >"$work/manifests/more.yaml"
  portico_endpoints "${ROW_BACKEND_PORT:-$BACKEND_PORT}" >"$work/manifests/endpoints.yaml"
}

portico_endpoints() { # PORT
  cat <<YAML
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: app-1, namespace: bench, labels: {kubernetes.io/service-name: app}}
addressType: IPv4
ports: [{name: http, port: $1, protocol: TCP}]
endpoints: [{addresses: ["127.0.0.1"], conditions: {ready: true}}]
YAML
}
