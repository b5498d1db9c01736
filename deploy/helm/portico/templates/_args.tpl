{{/* The command line of the controller, in the order of ingress-nginx's chart. */}}
{{- define "portico.args" -}}
{{- $c := .Values.controller -}}
- serve
- --http-port={{ $c.containerPort.http }}
- --https-port={{ $c.containerPort.https }}
- --healthz-port={{ $c.metrics.port }}
{{- if $c.publishService.enabled }}
{{- if or $c.service.enabled $c.publishService.pathOverride }}
- --publish-service={{ include "portico.publishServicePath" . }}
{{- end }}
{{- end }}
{{- if $c.disableLeaderElection }}
- --disable-leader-election=true
{{- else }}
- --election-id={{ include "portico.electionID" . }}
{{- if $c.electionTTL }}
- --election-ttl={{ $c.electionTTL }}
{{- end }}
{{- end }}
{{- if not $c.updateStatus }}
- --update-status=false
{{- end }}
- --controller-class={{ $c.ingressClassResource.controllerValue }}
{{- if $c.ingressClass }}
- --ingress-class={{ $c.ingressClass }}
{{- end }}
- --configmap=$(POD_NAMESPACE)/{{ include "portico.controller.fullname" . }}
{{- if .Values.tcp }}
- --tcp-services-configmap=$(POD_NAMESPACE)/{{ include "portico.fullname" . }}-tcp
{{- end }}
{{- if .Values.udp }}
- --udp-services-configmap=$(POD_NAMESPACE)/{{ include "portico.fullname" . }}-udp
{{- end }}
{{- if $c.scope.enabled }}
- --watch-namespace={{ default "$(POD_NAMESPACE)" $c.scope.namespace }}
{{- else if $c.scope.namespaceSelector }}
- --watch-namespace-selector={{ $c.scope.namespaceSelector }}
{{- end }}
{{- if $c.reportNodeInternalIp }}
- --report-node-internal-ip-address=true
{{- end }}
{{- if $c.admissionWebhooks.enabled }}
- --validating-webhook=:{{ $c.admissionWebhooks.port }}
{{- if $c.admissionWebhooks.selfSigned }}
- --validating-webhook-self-signed=true
- --validating-webhook-name={{ include "portico.webhookName" . }}
{{- else }}
- --validating-webhook-certificate=/etc/portico/webhook/tls.crt
- --validating-webhook-key=/etc/portico/webhook/tls.key
{{- end }}
{{- end }}
{{- if $c.watchIngressWithoutClass }}
- --watch-ingress-without-class=true
{{- end }}
{{- if $c.ingressClassByName }}
- --ingress-class-by-name=true
{{- end }}
{{- if not $c.enableAnnotationValidations }}
- --enable-annotation-validation=false
{{- end }}
{{- if $c.enableTopologyAwareRouting }}
- --enable-topology-aware-routing=true
{{- end }}
{{- if $c.healthCheckHost }}
- --healthz-host={{ $c.healthCheckHost }}
{{- end }}
{{- if ne $c.healthCheckPath "/healthz" }}
- --health-check-path={{ $c.healthCheckPath }}
{{- end }}
{{- if $c.metrics.enabled }}
- --enable-metrics=true
{{- end }}
{{- if $c.shutdownGracePeriod }}
- --shutdown-grace-period={{ $c.shutdownGracePeriod }}
{{- end }}
{{- range $name, $value := $c.extraArgs }}
{{- if $value }}
- --{{ $name }}={{ $value }}
{{- else }}
- --{{ $name }}
{{- end }}
{{- end }}
{{- end -}}
