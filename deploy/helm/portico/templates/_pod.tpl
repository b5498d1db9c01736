{{/* The pod, the same for a Deployment and a DaemonSet. */}}
{{- define "portico.pod" -}}
{{- $c := .Values.controller -}}
metadata:
  labels:
    {{- include "portico.labels" . | nindent 4 }}
    {{- with $c.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $c.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "portico.serviceAccountName" . }}
  automountServiceAccountToken: {{ .Values.serviceAccount.automountServiceAccountToken }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $c.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- if $c.hostNetwork }}
  hostNetwork: true
  {{- end }}
  dnsPolicy: {{ $c.dnsPolicy }}
  {{- with $c.dnsConfig }}
  dnsConfig:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  terminationGracePeriodSeconds: {{ $c.terminationGracePeriodSeconds }}
  securityContext:
    runAsNonRoot: true
    seccompProfile:
      type: RuntimeDefault
    {{- if not $c.hostNetwork }}
    sysctls:
      - name: net.ipv4.ip_unprivileged_port_start
        value: "0"
    {{- end }}
    {{- with $c.podSecurityContext }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $c.extraInitContainers }}
  initContainers:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: controller
      image: {{ include "portico.image" . | quote }}
      imagePullPolicy: {{ $c.image.pullPolicy }}
      args:
        {{- include "portico.args" . | nindent 8 }}
      env:
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        - name: POD_NAMESPACE
          valueFrom:
            fieldRef:
              fieldPath: metadata.namespace
        - name: NODE_NAME
          valueFrom:
            fieldRef:
              fieldPath: spec.nodeName
        {{- with $c.extraEnvs }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports:
        - name: http
          containerPort: {{ $c.containerPort.http }}
          protocol: TCP
          {{- if $c.hostPort.enabled }}
          hostPort: {{ $c.hostPort.ports.http }}
          {{- end }}
        - name: https
          containerPort: {{ $c.containerPort.https }}
          protocol: TCP
          {{- if $c.hostPort.enabled }}
          hostPort: {{ $c.hostPort.ports.https }}
          {{- end }}
        - name: metrics
          containerPort: {{ $c.metrics.port }}
          protocol: TCP
        {{- if $c.admissionWebhooks.enabled }}
        - name: webhook
          containerPort: {{ $c.admissionWebhooks.port }}
          protocol: TCP
        {{- end }}
        {{- range $port, $target := .Values.tcp }}
        - name: {{ if $.Values.portNamePrefix }}{{ $.Values.portNamePrefix }}-{{ end }}{{ $port }}-tcp
          containerPort: {{ $port }}
          protocol: TCP
          {{- if $c.hostPort.enabled }}
          hostPort: {{ $port }}
          {{- end }}
        {{- end }}
        {{- range $port, $target := .Values.udp }}
        - name: {{ if $.Values.portNamePrefix }}{{ $.Values.portNamePrefix }}-{{ end }}{{ $port }}-udp
          containerPort: {{ $port }}
          protocol: UDP
          {{- if $c.hostPort.enabled }}
          hostPort: {{ $port }}
          {{- end }}
        {{- end }}
      {{- with $c.startupProbe }}
      startupProbe:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      livenessProbe:
        {{- toYaml $c.livenessProbe | nindent 8 }}
      readinessProbe:
        {{- toYaml $c.readinessProbe | nindent 8 }}
      {{- with $c.lifecycle }}
      lifecycle:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      resources:
        {{- toYaml $c.resources | nindent 8 }}
      securityContext:
        runAsUser: {{ $c.image.runAsUser }}
        runAsGroup: {{ $c.image.runAsGroup }}
        runAsNonRoot: true
        readOnlyRootFilesystem: true
        # In the node's network the capability comes with the program's file, which counts as a gain of privilege.
        allowPrivilegeEscalation: {{ $c.hostNetwork }}
        capabilities:
          drop: [ALL]
          add: [NET_BIND_SERVICE]
        seccompProfile:
          type: RuntimeDefault
        {{- with $c.containerSecurityContext }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      volumeMounts:
        - name: temporary
          mountPath: /tmp
        {{- if and $c.admissionWebhooks.enabled (not $c.admissionWebhooks.selfSigned) }}
        - name: webhook-certificate
          mountPath: /etc/portico/webhook
          readOnly: true
        {{- end }}
        {{- with $c.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    {{- with $c.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    - name: temporary
      emptyDir:
        {{- with $c.temporaryStorage.medium }}
        medium: {{ . }}
        {{- end }}
        sizeLimit: {{ $c.temporaryStorage.sizeLimit }}
    {{- if and $c.admissionWebhooks.enabled (not $c.admissionWebhooks.selfSigned) }}
    - name: webhook-certificate
      secret:
        secretName: {{ required "controller.admissionWebhooks.existingSecret names the Secret with the webhook's certificate when selfSigned is off" $c.admissionWebhooks.existingSecret }}
    {{- end }}
    {{- with $c.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $c.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $c.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $c.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $c.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
