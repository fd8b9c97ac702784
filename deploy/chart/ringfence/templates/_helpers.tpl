{{/* The name of the application, and of what is made for a release of it: 63 characters is what a label holds. */}}
{{- define "ringfence.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "ringfence.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := include "ringfence.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "ringfence.selectorLabels" -}}
app.kubernetes.io/name: {{ include "ringfence.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "ringfence.labels" -}}
{{ include "ringfence.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "ringfence.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "ringfence.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "ringfence.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{/* The names that the Service is reached by, which the server must know: it answers to no other. */}}
{{- define "ringfence.hostNames" -}}
{{- $name := include "ringfence.fullname" . }}
{{- $names := list $name (printf "%s.%s" $name .Release.Namespace) (printf "%s.%s.svc" $name .Release.Namespace) }}
{{- $names = append $names (printf "%s.%s.svc.cluster.local" $name .Release.Namespace) }}
{{- concat $names .Values.server.hostNames | uniq | toJson }}
{{- end }}

{{/* The Secrets that are mounted: the volume of each, the option that names its file, the Secret and its key. */}}
{{- define "ringfence.secrets" -}}
{{- $secrets := list }}
{{- with .Values.auth.tokenSecret }}{{ if .name }}
{{- $secrets = append $secrets (dict "volume" "token" "option" "--token-file" "name" .name "key" .key) }}
{{- end }}{{ end }}
{{- with .Values.auth.viewerTokenSecret }}{{ if .name }}
{{- $secrets = append $secrets (dict "volume" "viewer-token" "option" "--viewer-token-file" "name" .name "key" .key) }}
{{- end }}{{ end }}
{{- with .Values.auth.oidc }}{{ if and .issuer .clientSecret.name }}
{{- $secrets = append $secrets (dict "volume" "oidc" "option" "--oidc-client-secret-file" "name" .clientSecret.name "key" .clientSecret.key) }}
{{- end }}{{ end }}
{{- toJson $secrets }}
{{- end }}

{{/* What no container of the pod may do. */}}
{{- define "ringfence.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* The API server's addresses: those given; else those that the cluster tells; else one that is nobody's (RFC 5737). */}}
{{- define "ringfence.apiServer" -}}
{{- $cidrs := .Values.networkPolicy.egress.apiServer.cidrs }}
{{- if not $cidrs }}
{{- range (lookup "discovery.k8s.io/v1" "EndpointSlice" "default" "").items }}
{{- if eq (dig "metadata" "labels" "kubernetes.io/service-name" "" .) "kubernetes" }}
{{- range .endpoints }}
{{- range .addresses }}
{{- $cidrs = append $cidrs (printf "%s/%s" . (ternary "128" "32" (contains ":" .))) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- default (list "192.0.2.1/32") $cidrs | uniq | toJson }}
{{- end }}

{{/* The port that the Service leads to: of a proxy in the pod, where one stands before the server. */}}
{{- define "ringfence.listening" -}}
{{- if kindIs "string" .Values.service.targetPort }}
{{- if ne .Values.service.targetPort "http" }}
{{- fail "service.targetPort is http, or the number of a port of a container in extraContainers." }}
{{- end }}
{{- .Values.server.port }}
{{- else }}
{{- .Values.service.targetPort | int }}
{{- end }}
{{- end }}

{{/* Labels as a selector of Calico. */}}
{{- define "ringfence.calicoLabels" -}}
{{- $clauses := list }}
{{- range $key, $value := . }}
{{- $clauses = append $clauses (printf "%s == '%s'" $key $value) }}
{{- end }}
{{- join " && " $clauses }}
{{- end }}
