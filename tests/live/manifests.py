"""Manifests of many kinds for the table of edits. NAME is the edit's name, NS the namespace of the run."""

ENV = "        - {name: A, value: a}\n        - {name: B, value: b}\n"
ENV_REORDERED = "        - {name: B, value: b}\n        - {name: A, value: a}\n"
PROBE = "        readinessProbe:\n          httpGet: {path: /ready, port: 80}\n"
DEPLOYMENT = f"""apiVersion: apps/v1
kind: Deployment
metadata:
  name: NAME
  annotations: {{team: shop}}
spec:
  replicas: 2
  selector:
    matchLabels: {{app: NAME}}
  template:
    metadata:
      labels: {{app: NAME}}
    spec:
      tolerations: [{{key: a, operator: Exists}}]
      containers:
      - name: app
        image: app:1
        args: [serve, --port=80]
        ports:
        - containerPort: 80
        env:
{ENV}{PROBE}        resources:
          requests: {{cpu: 100m, memory: 64Mi}}
          limits: {{cpu: 1000m}}
"""
SIDECAR = """      - name: side
        image: side:1
        ports:
        - {containerPort: 9000, name: metrics}
        env:
        - {name: S, value: s}
"""
VOLUMES = """      volumes:
      - name: files
        configMap: {name: files}
      - name: scratch
        emptyDir: {}
"""
ROLLING = """spec:
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
"""
DEFAULTS = (
    ("  replicas: 2\n", "  replicas: 2\n  revisionHistoryLimit: 10\n  progressDeadlineSeconds: 600\n"),
    ("        - containerPort: 80\n", "        - containerPort: 80\n          protocol: TCP\n"),
    ("        image: app:1\n", "        image: app:1\n        imagePullPolicy: IfNotPresent\n"),
    ("      tolerations:", "      restartPolicy: Always\n      dnsPolicy: ClusterFirst\n      tolerations:"),
    ("httpGet: {path: /ready, port: 80}", "httpGet: {path: /ready, port: 80, scheme: HTTP}"),
)
RESPELT = """# A comment.
kind: "Deployment"
spec:
  template:
    spec:
      containers:
      - resources: {limits: {cpu: 1000m}, requests: {memory: 64Mi, cpu: 100m}}
        readinessProbe: {httpGet: {port: 80, path: "/ready"}}
        env: [{value: a, name: A}, {"value": "b", name: 'B'}]   # flow style
        name: app
        ports: [{containerPort: 80}]
        args:
        - serve
        - "--port=80"
        image: 'app:1'
        volumeMounts: null
      tolerations:
      - operator: Exists
        key: a
    metadata: {labels: {app: "NAME"}}
  selector: {matchLabels: {app: NAME}}
  replicas: 2
metadata: {annotations: {"team": 'shop'}, name: NAME, labels: {}}
apiVersion: apps/v1
"""
STATEFUL = """apiVersion: apps/v1
kind: StatefulSet
metadata: {name: NAME}
spec:
  serviceName: NAME
  replicas: 1
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec: {containers: [{name: app, image: "app:1"}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
DAEMON = """apiVersion: apps/v1
kind: DaemonSet
metadata: {name: NAME}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec: {containers: [{name: app, image: "app:1"}]}
"""
JOB = """apiVersion: batch/v1
kind: Job
metadata: {name: NAME}
spec:
  template: {spec: {restartPolicy: Never, containers: [{name: app, image: "app:1"}]}}
"""
CRON = """apiVersion: batch/v1
kind: CronJob
metadata: {name: NAME}
spec:
  schedule: "0 3 * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: app, image: "app:1"}]}}}}
"""
SERVICE = """apiVersion: v1
kind: Service
metadata: {name: NAME}
spec:
  selector: {app: NAME}
  ports:
  - {name: http, port: 80, targetPort: 8080}
"""
INGRESS = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: NAME}
spec:
  rules:
  - host: example.org
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
"""
NETWORK_POLICY = """apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: NAME}
spec:
  podSelector: {matchLabels: {app: NAME}}
  ingress:
  - ports: [{port: 80}]
"""
AUTOSCALER = """apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: NAME}
spec:
  maxReplicas: 5
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: nobody}
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}
"""
DISRUPTION = """apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: NAME}
spec: {minAvailable: 1, selector: {matchLabels: {app: NAME}}}
"""
CONFIG_DATA = """data:
  plain: text
  app.conf: |
    line one
    line two
    line three
"""
CONFIG = f"""apiVersion: v1
kind: ConfigMap
metadata:
  name: NAME
{CONFIG_DATA}"""
SECRET = """apiVersion: v1
kind: Secret
metadata: {name: NAME}
stringData:
  password: correct-horse
  user: ana
"""
CLAIM = """apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: NAME
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}
"""
QUOTA = """apiVersion: v1
kind: ResourceQuota
metadata: {name: NAME}
spec:
  hard:
    pods: "90"
"""
ROLE = """apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: NAME}
rules:
- {apiGroups: [apps], resources: [deployments], verbs: [get, list]}
- {apiGroups: [batch], resources: [jobs], verbs: [get]}
"""
BINDING = """apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: NAME}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects:
- {kind: User, name: ana, apiGroup: rbac.authorization.k8s.io}
"""
ACCOUNT = """apiVersion: v1
kind: ServiceAccount
metadata: {name: NAME}
imagePullSecrets:
- name: one
"""
NAMESPACE = """apiVersion: v1
kind: Namespace
metadata:
  name: NS-NAME
  labels: {team: shop}
"""
DEFINITION = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.NAME.NS.acme.io}
spec:
  group: NAME.NS.acme.io
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              size: {type: integer}
"""
CUSTOM = """apiVersion: NAME.NS.acme.io/v1
kind: Widget
metadata: {name: NAME}
spec:
  size: 1
"""
GATE = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: NS-NAME}
webhooks:
- name: gate.acme.io
  admissionReviewVersions: [v1]
  sideEffects: None
  timeoutSeconds: 3
  failurePolicy: Ignore
  clientConfig: {url: "https://127.0.0.1:9/"}
  rules: [{apiGroups: [nothing.acme.io], apiVersions: [v1], operations: [CREATE], resources: [widgets]}]
"""
CO_OWNER = ("apply", "--server-side", "--field-manager=other-applier", "-f", "CO_OWNED")
"""Another applier that writes the same annotation with the same value."""

CO_OWNED = """apiVersion: apps/v1
kind: Deployment
metadata: {name: co-owned-and-dropped, annotations: {team: shop}}
"""


def with_defaults(text: str) -> str:
    """The text with the server's defaults written out."""
    for plain, written in DEFAULTS:
        text = text.replace(plain, written)
    return text
