{{- define "dashboard.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{/* 52 characters at most: room for "-migrate" and a pod's own suffix below the limit of 63. */}}
{{- define "dashboard.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "dashboard.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "dashboard.selectorLabels" -}}
app.kubernetes.io/name: {{ include "dashboard.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "dashboard.labels" -}}
{{ include "dashboard.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: tamma
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "dashboard.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "dashboard.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "dashboard.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "dashboard.hasLogVolume" -}}
{{- if or .Values.logs.existingClaim .Values.logs.hostPath -}}true{{- end -}}
{{- end -}}

{{/* One environment variable out of the existing Secret; nothing for an optional one without a key. */}}
{{- define "dashboard.secretVariable" -}}
{{- with index .root.Values.existingSecret.keys .variable -}}
- name: {{ $.variable }}
  valueFrom:
    secretKeyRef:
      name: {{ $.root.Values.existingSecret.name }}
      key: {{ . }}
{{- end -}}
{{- end -}}

{{- define "dashboard.secretVariables" -}}
{{- range $variable := list "DATABASE_URL" "DASHBOARD_SECRET_KEY" "DASHBOARD_JWT_SECRET" "PROMETHEUS_TOKEN" "METRICS_TOKEN" "REDIS_URL" }}
{{- with include "dashboard.secretVariable" (dict "root" $ "variable" $variable) }}
{{ . }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "dashboard.readinessPath" -}}
/ready{{ with .Values.web.readinessChecks }}?checks={{ join "," . | replace " " "%20" }}{{ end }}
{{- end -}}

{{- define "dashboard.podSecurityContext" -}}
# No fsGroup: an emptyDir is writable without it, and the log volume's ownership is not ours to change.
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "dashboard.containerSecurityContext" -}}
runAsNonRoot: true
runAsUser: 10001
readOnlyRootFilesystem: true
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "dashboard.scratchVolumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
- name: data
  emptyDir:
    sizeLimit: {{ .Values.data.sizeLimit }}
{{- end -}}

{{- define "dashboard.scratchMounts" -}}
- name: tmp
  mountPath: /tmp
- name: data
  mountPath: /data
{{- end -}}

{{- define "dashboard.volumes" -}}
{{ include "dashboard.scratchVolumes" . }}
{{- if .Values.logs.existingClaim }}
- name: logs
  persistentVolumeClaim:
    claimName: {{ .Values.logs.existingClaim }}
    readOnly: true
{{- else if .Values.logs.hostPath }}
- name: logs
  hostPath:
    path: {{ .Values.logs.hostPath | quote }}
    type: Directory
{{- end }}
{{- if .Values.dashboardConfig }}
- name: config
  configMap:
    name: {{ include "dashboard.fullname" . }}-config
    items:
      - key: dashboard.yml
        path: dashboard.yml
{{- end }}
{{- end -}}

{{- define "dashboard.volumeMounts" -}}
{{ include "dashboard.scratchMounts" . }}
{{- if include "dashboard.hasLogVolume" . }}
- name: logs
  mountPath: {{ .Values.logs.mountPath | quote }}
  readOnly: true
{{- end }}
{{- if .Values.dashboardConfig }}
- name: config
  mountPath: /etc/dashboard
  readOnly: true
{{- end }}
{{- end -}}

{{- define "dashboard.placement" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* A zone counts as one failure too, where nodes have zones; a cluster of one node still takes all pods. */}}
{{- define "dashboard.spread" -}}
{{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
- topologyKey: {{ $key }}
  maxSkew: 1
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "dashboard.selectorLabels" $.root | nindent 6 }}
      app.kubernetes.io/component: {{ $.component }}
  matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end -}}
