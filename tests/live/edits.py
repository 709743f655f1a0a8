"""Edits of manifests, as people make them: each with how Git has it before and after, and what others did meanwhile.

NAME stands for the edit's own name, NS for the namespace of the run. `hands` are kubectl commands run as `ana` after
the first apply. `ends` is how the plan must end: changes, nothing, replace or error.
"""

from dataclasses import dataclass

from tests.live import manifests as m


@dataclass(frozen=True)
class Edit:
    """One edit. `says` are (path, cause) pairs that the plan must hold."""

    name: str
    before: str
    after: str
    ends: str = "changes"
    hands: tuple[tuple[str, ...], ...] = ()
    says: frozenset[tuple[str, str]] = frozenset()


def edit(name: str, text: str, *pairs: tuple[str, str], **more: object) -> Edit:
    """The text with each first of a pair replaced by the second."""
    after = text
    for old, new in pairs:
        assert old in after, f"{name}: {old!r} is not there"
        after = after.replace(old, new)
    return Edit(name, text, after, **more)  # type: ignore[arg-type]


def said(*pairs: tuple[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(pairs)


ENV = "spec.template.spec.containers[name=app].env"
WORKLOADS = (
    edit("image", m.DEPLOYMENT, ("app:1", "app:2")),
    edit("scaled", m.DEPLOYMENT, ("replicas: 2", "replicas: 3")),
    edit(
        "env-added",
        m.DEPLOYMENT,
        ("        - {name: B, value: b}\n", "        - {name: X, value: x}\n        - {name: B, value: b}\n"),
    ),
    edit("env-reordered", m.DEPLOYMENT, (m.ENV, m.ENV_REORDERED), says=said((ENV, "git"))),
    edit("env-removed", m.DEPLOYMENT, ("        - {name: B, value: b}\n", "")),
    edit("env-secret", m.DEPLOYMENT, ("{name: B, value: b}", "{name: B_TOKEN, value: correct-horse}")),
    edit("sidecar-added", m.DEPLOYMENT, ("      containers:\n", "      containers:\n" + m.SIDECAR)),
    edit(
        "sidecar-removed",
        m.DEPLOYMENT.replace("      containers:\n", "      containers:\n" + m.SIDECAR),
        (m.SIDECAR, ""),
    ),
    edit("args", m.DEPLOYMENT, ("args: [serve, --port=80]", "args: [serve, --port=81, --verbose]")),
    edit("annotated", m.DEPLOYMENT, ("{team: shop}", '{owner: ana, "acme.io/team": shop}')),
    edit("quantity", m.DEPLOYMENT, ("cpu: 100m", "cpu: 150m")),
    edit("quantity-respelt", m.DEPLOYMENT, ("cpu: 1000m", "cpu: 1"), ("64Mi", "65536Ki"), ends="nothing"),
    edit("defaults-written", m.DEPLOYMENT, *m.DEFAULTS, ends="nothing"),
    edit("defaults-dropped", m.with_defaults(m.DEPLOYMENT), *((b, a) for a, b in m.DEFAULTS), ends="nothing"),
    Edit("respelt", m.DEPLOYMENT, m.RESPELT, "nothing"),
    edit("replicas-dropped", m.DEPLOYMENT, ("  replicas: 2\n", ""), says=said(("spec.replicas", "default"))),
    edit("replicas-null", m.DEPLOYMENT, ("replicas: 2", "replicas: null"), says=said(("spec.replicas", "default"))),
    edit("probe-removed", m.DEPLOYMENT, (m.PROBE, "")),
    edit("volume-added", m.DEPLOYMENT, ("      containers:\n", m.VOLUMES + "      containers:\n")),
    edit(
        "tolerations",
        m.DEPLOYMENT,
        ("{key: a, operator: Exists}", "{key: b, operator: Exists}, {key: a, operator: Exists}"),
    ),
    edit(
        "recreate",
        m.DEPLOYMENT.replace("spec:\n  replicas", m.ROLLING + "  replicas"),
        (m.ROLLING, "spec:\n  strategy: {type: Recreate}\n"),
    ),
    edit("selector", m.DEPLOYMENT, ("{app: NAME}", "{app: other}"), ends="replace"),
    edit("stateful-image", m.STATEFUL, ("app:1", "app:2")),
    edit("stateful-claims", m.STATEFUL, ("storage: 1Gi", "storage: 2Gi"), ends="replace"),
    edit("daemon-image", m.DAEMON, ("app:1", "app:2")),
    Edit("job-new", "", m.JOB),
    edit("job-image", m.JOB, ("app:1", "app:2"), ends="replace"),
    edit("cron-schedule", m.CRON, ("0 3 * * *", "0 4 * * *")),
)
OTHERS = (
    edit(
        "taken-over",
        m.DEPLOYMENT,
        ("app:1", "app:3"),
        hands=(("set", "image", "deployment/NAME", "app=app:2"),),
        says=said(("spec.template.spec.containers[name=app].image", "taken-over")),
    ),
    edit(
        "edited-and-dropped",
        m.DEPLOYMENT,
        ("{team: shop}", "{}"),
        hands=(("annotate", "deployment/NAME", "--overwrite", "team=other"),),
        says=said(("metadata.annotations.team", "stays")),
    ),
    edit(
        "co-owned-and-dropped",
        m.DEPLOYMENT,
        ("{team: shop}", "{}"),
        hands=(m.CO_OWNER,),
        says=said(("metadata.annotations.team", "stays")),
    ),
    edit(
        "scaled-by-hand",
        m.DEPLOYMENT,
        ("  replicas: 2\n", ""),
        hands=(("scale", "deployment/NAME", "--replicas=4"),),
        says=said(("spec.replicas", "stays")),
    ),
    edit("drifted-elsewhere", m.DEPLOYMENT, ("app:1", "app:2"), hands=(("scale", "deployment/NAME", "--replicas=5"),)),
    edit(
        "only-drifted",
        m.CONFIG,
        hands=(("patch", "configmap/NAME", "--type=merge", "-p", '{"data":{"plain":"edited"}}'),),
        ends="drifted",
    ),
    edit(
        "dropped-meanwhile",
        m.CONFIG,
        ("  plain: text\n", ""),
        hands=(("patch", "configmap/NAME", "--type=merge", "-p", '{"data":{"plain":null}}'),),
        ends="drifted",
    ),
    edit(
        "foreign-in-sidecar",
        m.DEPLOYMENT.replace("      containers:\n", "      containers:\n" + m.SIDECAR),
        (m.SIDECAR, ""),
        hands=(("set", "env", "deployment/NAME", "-c", "side", "ADDED=1"),),
    ),
)
NETWORK = (
    edit("port", m.SERVICE, ("port: 80,", "port: 81,")),
    edit("port-added", m.SERVICE, ("  - {name: http,", "  - {name: admin, port: 9000}\n  - {name: http,")),
    edit("node-port", m.SERVICE, ("spec:\n", "spec:\n  type: NodePort\n")),
    edit(
        "cluster-ip-again",
        m.SERVICE.replace("spec:\n", "spec:\n  type: NodePort\n"),
        ("type: NodePort", "type: ClusterIP"),
    ),
    edit("service-selector", m.SERVICE, ("{app: NAME}", "{app: NAME, tier: web}")),
    Edit("service-new", "", m.SERVICE),
    edit("ingress", m.INGRESS, ("path: /", "path: /shop"), ("example.org", "shop.example.org")),
    edit("network-policy", m.NETWORK_POLICY, ("port: 80", "port: 8080")),
    edit(
        "autoscaler",
        m.AUTOSCALER,
        ("maxReplicas: 5", "maxReplicas: 9"),
        ("averageUtilization: 60", "averageUtilization: 70"),
    ),
    edit("disruption", m.DISRUPTION, ("minAvailable: 1", "maxUnavailable: 1")),
)
DATA = (
    edit("config", m.CONFIG, ("line two\n", "line 2\n"), ("plain: text", "plain: other")),
    edit("config-key-removed", m.CONFIG, ("  plain: text\n", "")),
    edit("config-emptied", m.CONFIG, (m.CONFIG_DATA, "")),
    edit("config-immutable", m.CONFIG + "immutable: true\n", ("plain: text", "plain: other"), ends="replace"),
    edit("secret", m.SECRET, ("correct-horse", "battery-staple")),
    edit(
        "secret-encoded",
        m.SECRET,
        ("stringData:\n  password: correct-horse", "data:\n  password: Y29ycmVjdC1ob3JzZQ=="),
        ("user: ana", "user: YW5h"),
        ends="nothing",
    ),
    edit("secret-key-removed", m.SECRET, ("  user: ana\n", "")),
    edit("claim-labelled", m.CLAIM, ("name: NAME", "name: NAME\n  labels: {team: shop}")),
    edit("claim-shrunk", m.CLAIM, ("storage: 2Gi", "storage: 1Gi"), ends="error"),
    edit("quota", m.QUOTA, ('pods: "90"', 'pods: "91"\n    services: "50"')),
    edit("misspelt", m.DEPLOYMENT, ("replicas: 2", "replica: 2"), ends="error"),
)
RIGHTS = (
    edit("role-rule-first", m.ROLE, ("rules:\n", 'rules:\n- {apiGroups: [""], resources: [pods], verbs: [get]}\n')),
    edit(
        "binding-subject",
        m.BINDING,
        ("subjects:\n", "subjects:\n- {kind: User, name: bob, apiGroup: rbac.authorization.k8s.io}\n"),
    ),
    edit("binding-role", m.BINDING, ("name: view", "name: edit"), ends="replace"),
    edit("pull-secrets", m.ACCOUNT, ("- name: one", "- name: two\n- name: one")),
)
WIDE = (
    edit("namespace-label", m.NAMESPACE, ("team: shop", "team: web")),
    Edit(
        "namespace-new", "", m.NAMESPACE + "---\n" + m.CONFIG.replace("name: NAME", "name: NAME\n  namespace: NS-NAME")
    ),
    edit(
        "definition",
        m.DEFINITION,
        ("size: {type: integer}", "size: {type: integer}\n              colour: {type: string}"),
    ),
    edit("custom", m.DEFINITION + "---\n" + m.CUSTOM, ("size: 1", "size: 2")),
    Edit("custom-new", "", m.DEFINITION + "---\n" + m.CUSTOM),
    edit(
        "gate",
        m.GATE,
        ("resources: [widgets]", "resources: [widgets, gadgets]"),
        ("timeoutSeconds: 3", "timeoutSeconds: 5"),
    ),
)
EDITS: tuple[Edit, ...] = (*WORKLOADS, *OTHERS, *NETWORK, *DATA, *RIGHTS, *WIDE)
