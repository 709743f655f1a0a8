"""More edits for the table: unions, unkeyed lists, and what cannot be changed."""

from tests.live import manifests as m
from tests.live.custom_edits import CUSTOM
from tests.live.edits import Edit, edit

SPEC = "      containers:\n"
INIT = "      initContainers:\n      - {name: first, image: 'init:1'}\n      - {name: second, image: 'init:1'}\n"
AFFINITY = """      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
          - {weight: 1, podAffinityTerm: {topologyKey: zone, labelSelector: {matchLabels: {app: NAME}}}}
          - {weight: 2, podAffinityTerm: {topologyKey: host, labelSelector: {matchLabels: {app: NAME}}}}
"""
SPREAD = """      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}
      - {maxSkew: 1, topologyKey: host, whenUnsatisfiable: ScheduleAnyway}
"""
EPHEMERAL = """      volumes:
      - name: scratch
        ephemeral:
          volumeClaimTemplate:
            spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
PROJECTED = """      volumes:
      - name: files
        projected:
          sources:
          - configMap: {name: one}
          - secret: {name: two}
"""
IMAGE = "        image: app:1\n"
PODS = (
    edit(
        "grace-null",
        m.DEPLOYMENT.replace(SPEC, "      terminationGracePeriodSeconds: 60\n" + SPEC),
        ("Seconds: 60", "Seconds: null"),
    ),
    edit(
        "labels-null",
        m.DEPLOYMENT.replace("  annotations:", "  labels: {a: b}\n  annotations:"),
        ("labels: {a: b}", "labels: null"),
    ),
    edit("annotations-emptied", m.DEPLOYMENT, ("{team: shop}", "{}")),
    edit(
        "probe-port-named",
        m.DEPLOYMENT.replace("- containerPort: 80", "- {containerPort: 80, name: http}"),
        ("path: /ready, port: 80", "path: /ready, port: http"),
    ),
    edit("probe-exec", m.DEPLOYMENT, ("httpGet: {path: /ready, port: 80}", "exec: {command: [ready]}")),
    edit("init-added", m.DEPLOYMENT, (SPEC, INIT + SPEC)),
    edit("init-removed", m.DEPLOYMENT.replace(SPEC, INIT + SPEC), (INIT, "")),
    edit(
        "init-image",
        m.DEPLOYMENT.replace(SPEC, INIT + SPEC),
        ("{name: second, image: 'init:1'}", "{name: second, image: 'init:2'}"),
    ),
    edit(
        "init-reordered",
        m.DEPLOYMENT.replace(SPEC, INIT + SPEC),
        ("name: first", "name: x"),
        ("name: second", "name: first"),
        ("name: x", "name: second"),
    ),
    edit("ephemeral", m.DEPLOYMENT, (SPEC, EPHEMERAL + SPEC)),
    edit("ephemeral-size", m.DEPLOYMENT.replace(SPEC, EPHEMERAL + SPEC), ("storage: 1Gi", "storage: 2Gi")),
    edit(
        "memory-volume",
        m.DEPLOYMENT.replace(SPEC, m.VOLUMES + SPEC),
        ("emptyDir: {}", "emptyDir: {medium: Memory, sizeLimit: 1024Mi}"),
    ),
    edit(
        "volume-type",
        m.DEPLOYMENT.replace(SPEC, m.VOLUMES + SPEC),
        ("emptyDir: {}", "configMap: {name: other}"),
    ),
    edit(
        "volume-source",
        m.DEPLOYMENT.replace(SPEC, m.VOLUMES + SPEC),
        ("configMap: {name: files}", "secret: {secretName: files}"),
    ),
    edit(
        "projected",
        m.DEPLOYMENT.replace(SPEC, PROJECTED + SPEC),
        (
            "          - configMap",
            "          - downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}\n"
            "          - configMap",
        ),
    ),
    edit("affinity", m.DEPLOYMENT.replace(SPEC, AFFINITY + SPEC), ("weight: 2", "weight: 3")),
    edit(
        "spread",
        m.DEPLOYMENT.replace(SPEC, SPREAD + SPEC),
        ("maxSkew: 1, topologyKey: host", "maxSkew: 2, topologyKey: host"),
    ),
    edit(
        "value-from",
        m.DEPLOYMENT,
        ("{name: B, value: b}", "{name: B, valueFrom: {fieldRef: {fieldPath: metadata.name}}}"),
    ),
    edit(
        "env-from",
        m.DEPLOYMENT.replace(
            IMAGE, IMAGE + "        envFrom: [{configMapRef: {name: a}}, {configMapRef: {name: b}}]\n"
        ),
        ("name: b}}]", "name: c}}, {secretRef: {name: b}}]"),
    ),
    edit(
        "command-emptied",
        m.DEPLOYMENT.replace(IMAGE, IMAGE + "        command: [run]\n"),
        ("command: [run]", "command: []"),
    ),
    edit(
        "security",
        m.DEPLOYMENT.replace(
            IMAGE, IMAGE + "        securityContext: {runAsUser: 1000, capabilities: {drop: [ALL]}}\n"
        ),
        ("{runAsUser: 1000, capabilities: {drop: [ALL]}}", "{capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}"),
    ),
    edit(
        "security-empty",
        m.DEPLOYMENT.replace(IMAGE, IMAGE + "        securityContext: {runAsUser: 1000}\n"),
        ("securityContext: {runAsUser: 1000}", "securityContext: {}"),
    ),
    edit(
        "udp",
        m.DEPLOYMENT,
        (
            "        - containerPort: 80\n",
            "        - containerPort: 80\n        - {containerPort: 80, protocol: UDP}\n",
        ),
    ),
    edit("port-renumbered", m.DEPLOYMENT, ("- containerPort: 80", "- containerPort: 8080")),
    edit("quantity-number", m.DEPLOYMENT, ("cpu: 1000m", "cpu: 2")),
    edit("quantity-decimal", m.DEPLOYMENT, ("cpu: 100m", 'cpu: "0.1"'), ends="nothing"),
    edit(
        "surge-percent",
        m.DEPLOYMENT.replace("spec:\n  replicas", m.ROLLING + "  replicas"),
        ("maxSurge: 1", "maxSurge: 50%"),
    ),
    edit(
        "status-in-git", m.DEPLOYMENT, ("spec:\n  replicas", "status: {replicas: 7}\nspec:\n  replicas"), ends="nothing"
    ),
    edit("env-twice", m.DEPLOYMENT, ("{name: B, value: b}", "{name: A, value: b}"), ends="error"),
    edit(
        "restart",
        m.DEPLOYMENT,
        ("      labels: {app: NAME}\n", "      labels: {app: NAME}\n      annotations: {restarted: now}\n"),
    ),
    edit("partition", m.STATEFUL, ("replicas: 1", "replicas: 2\n  updateStrategy: {rollingUpdate: {partition: 1}}")),
    edit(
        "job-parallel",
        m.JOB.replace("spec:\n", "spec:\n  suspend: true\n"),
        ("suspend: true", "suspend: false\n  parallelism: 2\n  ttlSecondsAfterFinished: 900"),
    ),
    edit("cron-env", m.CRON, ('image: "app:1"', 'image: "app:1", env: [{name: A, value: a}]')),
)
SECOND_GATE = """- name: second.acme.io
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Ignore
  clientConfig: {url: "https://127.0.0.1:9/"}
"""
UDP = "  - {name: dns, port: 53, protocol: UDP}\n  - {name: dns-tcp, port: 53, protocol: TCP}\n"
TALK = (
    edit("ports-udp", m.SERVICE, ("  - {name: http,", UDP + "  - {name: http,")),
    edit("ports-removed", m.SERVICE.replace("  - {name: http,", UDP + "  - {name: http,"), (UDP, "")),
    edit(
        "affine",
        m.SERVICE,
        ("spec:\n", "spec:\n  sessionAffinity: ClientIP\n  sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}\n"),
    ),
    edit("headless", m.SERVICE, ("spec:\n", "spec:\n  clusterIP: None\n"), ends="replace"),
    edit("external-name", m.SERVICE, ("spec:\n", "spec:\n  type: ExternalName\n  externalName: example.org\n")),
    edit("tls", m.INGRESS, ("spec:\n", "spec:\n  tls: [{hosts: [example.org], secretName: tls}]\n")),
    edit(
        "policy-emptied",
        m.NETWORK_POLICY.replace("spec:\n", "spec:\n  policyTypes: [Ingress]\n"),
        ("policyTypes: [Ingress]", "policyTypes: [Ingress, Egress]"),
    ),
    edit(
        "metrics-reordered",
        m.AUTOSCALER.replace("  metrics:\n", "  behavior: {scaleDown: {stabilizationWindowSeconds: 60}}\n  metrics:\n"),
        ("Seconds: 60", "Seconds: 90"),
    ),
    edit("disruption-percent", m.DISRUPTION, ("minAvailable: 1", "minAvailable: 50%")),
    edit("gate-added", m.GATE, ("webhooks:\n", "webhooks:\n" + SECOND_GATE)),
    edit("gate-removed", m.GATE.replace("webhooks:\n", "webhooks:\n" + SECOND_GATE), (SECOND_GATE, "")),
)
CLUSTER_ROLE = """apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: NS-NAME, labels: {a: b}}
rules:
- {apiGroups: [""], resources: [pods], verbs: [get]}
"""
AGGREGATED = """apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: NS-NAME}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {for: NS-NAME}}]}
"""
PRIORITY = (
    "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: NS-NAME}\nvalue: 5\ndescription: five\n"
)
STORAGE = """apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: NS-NAME}
provisioner: example.org/none
parameters: {a: b}
"""
LIMITS = """apiVersion: v1
kind: LimitRange
metadata: {name: NAME}
spec: {limits: [{type: PersistentVolumeClaim, max: {storage: 900Gi}}]}
"""
LEASE = """apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: NAME}
spec: {holderIdentity: a, leaseDurationSeconds: 9}
"""
SLICE = """apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: NAME}
addressType: IPv4
endpoints: [{addresses: [10.9.8.7]}, {addresses: [10.9.8.6]}]
ports: [{name: http, port: 80}]
"""
RULES = (
    edit("wide-role", CLUSTER_ROLE, ("verbs: [get]", "verbs: [get, list]")),
    edit("aggregating", AGGREGATED, ("[{matchLabels", "[{matchLabels: {other: x}}, {matchLabels")),
    edit("priority-told", PRIORITY, ("description: five", "description: high")),
    edit("priority-value", PRIORITY, ("value: 5", "value: 6"), ends="replace"),
    edit("class-expands", STORAGE, ("parameters:", "allowVolumeExpansion: true\nparameters:")),
    edit("class-parameters", STORAGE, ("{a: b}", "{a: c}"), ends="replace"),
    edit("limits", LIMITS, ("900Gi", "800Gi}, min: {storage: 1Mi")),
    edit("lease", LEASE, ("holderIdentity: a, ", "")),
    edit("endpoints", SLICE, ("{addresses: [10.9.8.7]}, ", ""), ("port: 80", "port: 81")),
    edit("account", m.ACCOUNT, ("imagePullSecrets:\n- name: one\n", "automountServiceAccountToken: false\n")),
    edit("secret-type", m.SECRET, ("kind: Secret\n", "kind: Secret\ntype: example.org/other\n"), ends="replace"),
    edit("secret-immutable", m.SECRET, ("kind: Secret\n", "kind: Secret\nimmutable: true\n")),
    edit("binary", m.CONFIG + "binaryData: {b: AAEC}\n", ("AAEC", "AAED")),
    edit(
        "odd-texts",
        m.CONFIG.replace("  plain: text\n", '  plain: "010"\n  dotted.key.example: "yes"\n  text: "é ☃ \\U0001F600"\n'),
        ('"010"', '"0x10"'),
        ('"yes"', '"no"'),
        ("☃", "☂"),
    ),
    edit("claim-grown", m.CLAIM, ("storage: 2Gi", "storage: 3Gi"), ends="error"),
)
FURTHER: tuple[Edit, ...] = (*PODS, *TALK, *RULES, *CUSTOM)
