"""Each rule of risk with what it is told of, what it is not, and at which field."""

from typing import Any

import pytest

from bot.objects.risk import Level, notes

Body = dict[str, Any]


def workload(pod: Body | None = None, **container: Any) -> Body:
    spec = {"containers": [{"name": "a", "image": "a:1", **container}], **(pod or {})}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "w"},
        "spec": {"template": {"spec": spec}},
    }


def cron(**container: Any) -> Body:
    pod = workload(None, **container)["spec"]["template"]
    spec = {"jobTemplate": {"spec": {"template": pod}}}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "w"}, "spec": spec}


def made(api_version: str, kind: str, **rest: Any) -> Body:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}, **rest}


def role(*rules: tuple[str, str, str]) -> Body:
    written = [{"verbs": [verb], "apiGroups": [group], "resources": [resource]} for verb, group, resource in rules]
    return made("rbac.authorization.k8s.io/v1", "Role", rules=written)


def binding(*names: str, kind: str = "RoleBinding", to: str = "view") -> Body:
    subjects = [{"kind": "User", "name": name} for name in names]
    return made("rbac.authorization.k8s.io/v1", kind, roleRef={"kind": "ClusterRole", "name": to}, subjects=subjects)


def service(**spec: Any) -> Body:
    return made("v1", "Service", spec=spec)


def budget(**spec: Any) -> Body:
    return made("policy/v1", "PodDisruptionBudget", spec=spec)


def gate(*policies: str | None) -> Body:
    hooks = [{"name": str(n), **({"failurePolicy": policy} if policy else {})} for n, policy in enumerate(policies)]
    return made("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", webhooks=hooks)


def definition(*versions: str) -> Body:
    served = [{"name": name, "served": True} for name in versions]
    return made("apiextensions.k8s.io/v1", "CustomResourceDefinition", spec={"versions": served})


PRIVILEGED = {"securityContext": {"privileged": True}}
MIGHTY = {"securityContext": {"capabilities": {"add": ["CAP_SYS_ADMIN", "CHOWN"]}}}
PROBED = {"readinessProbe": {"httpGet": {"port": 80}}}
LIMITED = {"resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "1"}}}
AT = "spec.template.spec.containers[name=a]"
FOLDER = {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}
GET = ("get", "", "pods")

TOLD: dict[str, tuple[Body | None, Body, Level, str, str]] = {
    "runs privileged": (
        workload(),
        workload(None, **PRIVILEGED),
        Level.BLOCK,
        "privileged",
        f"{AT}.securityContext.privileged",
    ),
    "comes privileged": (
        None,
        workload(None, **PRIVILEGED),
        Level.BLOCK,
        "privileged",
        f"{AT}.securityContext.privileged",
    ),
    "a job runs privileged": (
        cron(),
        cron(**PRIVILEGED),
        Level.BLOCK,
        "privileged",
        "spec.jobTemplate.spec.template.spec.containers[name=a].securityContext.privileged",
    ),
    "gets a mighty capability": (
        workload(),
        workload(None, **MIGHTY),
        Level.BLOCK,
        "capability",
        f"{AT}.securityContext.capabilities.add",
    ),
    "shares the network": (
        workload(),
        workload({"hostNetwork": True}),
        Level.BLOCK,
        "host-access",
        "spec.template.spec.hostNetwork",
    ),
    "mounts a folder of the node": (
        workload(),
        workload(FOLDER),
        Level.BLOCK,
        "host-path",
        "spec.template.spec.volumes[name=v].hostPath",
    ),
    "loses its probe": (workload(None, **PROBED), workload(), Level.WARN, "probe-removed", f"{AT}.readinessProbe"),
    "loses its limits": (
        workload(None, **LIMITED),
        workload(None, resources={"requests": {"cpu": "1"}}),
        Level.WARN,
        "limits-removed",
        f"{AT}.resources.limits",
    ),
    "takes an image that moves": (
        workload(),
        workload(None, image="r.io:5000/a"),
        Level.WARN,
        "mutable-tag",
        f"{AT}.image",
    ),
    "takes the latest image": (workload(), workload(None, image="a:latest"), Level.WARN, "mutable-tag", f"{AT}.image"),
    "allows everything": (role(GET), role(GET, ("*", "apps", "deployments")), Level.BLOCK, "mighty-rights", "rules"),
    "allows to take more": (
        None,
        role(("escalate", "rbac.authorization.k8s.io", "roles")),
        Level.BLOCK,
        "mighty-rights",
        "rules",
    ),
    "allows into pods": (None, role(("create", "", "pods/exec")), Level.BLOCK, "mighty-rights", "rules"),
    "allows secrets": (role(GET), role(GET, ("list", "", "secrets")), Level.WARN, "reads-secrets", "rules"),
    "allows more": (role(GET), role(GET, ("list", "", "pods")), Level.WARN, "wider-rights", "rules"),
    "reaches more": (binding("ana"), binding("ana", "bob"), Level.WARN, "wider-rights", "subjects"),
    "reaches everybody": (None, binding("system:authenticated"), Level.BLOCK, "rights-for-everybody", "subjects"),
    "rules the cluster": (
        None,
        binding("ana", kind="ClusterRoleBinding", to="cluster-admin"),
        Level.BLOCK,
        "mighty-rights",
        "subjects",
    ),
    "opens": (service(type="ClusterIP"), service(type="LoadBalancer"), Level.WARN, "service-opened", "spec.type"),
    "comes open": (None, service(type="NodePort"), Level.WARN, "service-opened", "spec.type"),
    "selects others": (
        service(selector={"a": "1"}),
        service(selector={"a": "2"}),
        Level.WARN,
        "selector-changed",
        "spec.selector",
    ),
    "must answer": (gate("Ignore"), gate("Fail"), Level.WARN, "webhook-fails-closed", "webhooks[name=0].failurePolicy"),
    "must answer by default": (None, gate(None), Level.WARN, "webhook-fails-closed", "webhooks[name=0].failurePolicy"),
    "holds every pod": (
        budget(maxUnavailable=1),
        budget(maxUnavailable=0),
        Level.WARN,
        "budget-blocks",
        "spec.maxUnavailable",
    ),
    "is no longer served": (
        definition("v1", "v1beta1"),
        definition("v1"),
        Level.BLOCK,
        "version-dropped",
        "spec.versions",
    ),
}
QUIET: dict[str, tuple[Body | None, Body]] = {
    "was privileged": (workload(None, **PRIVILEGED), workload(None, image="a:2", **PRIVILEGED)),
    "a small capability": (workload(), workload(None, securityContext={"capabilities": {"add": ["CHOWN"]}})),
    "an image by digest": (workload(), workload(None, image="a@sha256:00")),
    "an old image that moves": (workload(None, image="a"), workload(None, image="a", **PROBED)),
    "a container that goes": (
        workload(None, **PROBED),
        workload({"containers": [{"name": "b", "image": "b:1"}]}),
    ),
    "the same rights in other words": (
        role(("get", "", "pods"), ("list", "", "pods")),
        made(
            "rbac.authorization.k8s.io/v1",
            "Role",
            rules=[{"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]}],
        ),
    ),
    "fewer rights": (role(("*", "*", "*")), role(GET)),
    "a new role": (None, role(GET)),
    "fewer people": (binding("ana", "bob"), binding("ana")),
    "a service that closes": (service(type="LoadBalancer"), service(type="ClusterIP")),
    "a new service": (None, service(type="ClusterIP", selector={"a": "1"})),
    "a webhook that may be away": (None, gate("Ignore")),
    "a budget": (None, budget(minAvailable="50%")),
    "a new version": (definition("v1"), definition("v1", "v2")),
    "somebody else's kinds": (None, made("acme.io/v1", "Role", rules="everything", webhooks=7, subjects={})),
    "nonsense": (
        workload({"volumes": 7}),
        workload({"volumes": {}, "hostNetwork": "yes"}, securityContext=[], resources=[]),
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_it_is_told_at_its_field(name: str) -> None:
    before, after, level, rule, field = TOLD[name]
    assert [(note.level, note.rule, note.field) for note in notes(before, after)] == [(level, rule, field)]
    assert notes(after, after) == []


@pytest.mark.parametrize("name", QUIET)
def test_it_is_not_told(name: str) -> None:
    assert notes(*QUIET[name]) == []
