{{/* The ports of the Services in front of the gateway; "." is the root. */}}
{{- define "portico.servicePorts" -}}
{{- $s := .Values.controller.service -}}
{{- $withNodePorts := or (eq $s.type "NodePort") (eq $s.type "LoadBalancer") -}}
{{- if $s.enableHttp }}
- name: http
  port: {{ $s.ports.http }}
  protocol: TCP
  targetPort: {{ $s.targetPorts.http }}
  {{- if $s.appProtocol }}
  appProtocol: http
  {{- end }}
  {{- if and $withNodePorts $s.nodePorts.http }}
  nodePort: {{ $s.nodePorts.http }}
  {{- end }}
{{- end }}
{{- if $s.enableHttps }}
- name: https
  port: {{ $s.ports.https }}
  protocol: TCP
  targetPort: {{ $s.targetPorts.https }}
  {{- if $s.appProtocol }}
  appProtocol: https
  {{- end }}
  {{- if and $withNodePorts $s.nodePorts.https }}
  nodePort: {{ $s.nodePorts.https }}
  {{- end }}
{{- end }}
{{- range $port, $target := .Values.tcp }}
- name: {{ if $.Values.portNamePrefix }}{{ $.Values.portNamePrefix }}-{{ end }}{{ $port }}-tcp
  port: {{ $port }}
  protocol: TCP
  targetPort: {{ $port }}
  {{- if and $withNodePorts (index $s.nodePorts.tcp (toString $port)) }}
  nodePort: {{ index $s.nodePorts.tcp (toString $port) }}
  {{- end }}
{{- end }}
{{- range $port, $target := .Values.udp }}
- name: {{ if $.Values.portNamePrefix }}{{ $.Values.portNamePrefix }}-{{ end }}{{ $port }}-udp
  port: {{ $port }}
  protocol: UDP
  targetPort: {{ $port }}
  {{- if and $withNodePorts (index $s.nodePorts.udp (toString $port)) }}
  nodePort: {{ index $s.nodePorts.udp (toString $port) }}
  {{- end }}
{{- end }}
{{- end -}}
