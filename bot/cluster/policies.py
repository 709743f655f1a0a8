"""The two admission policies: who plans may only dry-run, and who is granted a pattern stays inside it. Pure.

From the policy of the planner identity that was tried on Kubernetes 1.37: names are matched exactly, since a prefix
would take in accounts made later, and every subresource is refused even in a dry-run, since the API server answers a
dry-run of `serviceaccounts/token` with a real token. Policies do not govern admission policies themselves, so RBAC
must leave those kinds out.
"""

from collections.abc import Iterable, Sequence

from bot.cluster.accounts import Account, granted_account, stem
from bot.domain.grants import Cluster, Grant
from bot.objects.identity import Object

PROBE = "plumbline-probe"
"""The ConfigMap that nobody is able to write as long as the first policy stands."""

DRY_RUN_ONLY = "this identity plans: it may only dry-run"
_NO_SUBRESOURCES = "this identity plans: it may use no subresource, since some take effect in a dry-run too"
_OUTSIDE = "outside the namespaces that this identity was granted"


def is_pattern(namespace: str) -> bool:
    """Whether a granted namespace stands for several."""
    return namespace.endswith("*")


def plan_policy_name(cluster: Cluster) -> str:
    """The name of the first policy; refusals by it carry it."""
    return f"{stem(cluster)}.plan"


def plan_policy(cluster: Cluster) -> list[Object]:
    """Every `plan_as` of a cluster may only dry-run, and use no subresource."""
    users = sorted({granted_account(grant.plan_as, "plan_as").user for grant in cluster.grants})
    rules = [
        ("has(request.dryRun) && request.dryRun == true", DRY_RUN_ONLY),
        ("!has(request.subResource) || request.subResource == ''", _NO_SUBRESOURCES),
    ]
    return _policy(plan_policy_name(cluster), users, rules)


def namespace_policy(cluster: Cluster, grant: Grant, kept: Iterable[str]) -> list[Object]:
    """The identities of a grant with patterns may write nowhere else, whatever their ClusterRole says.

    `kept` are namespaces that stay out of reach even where a pattern matches them. A Namespace object counts as inside
    itself, so creating one is bound to the pattern as well.
    """
    plan, apply = granted_account(grant.plan_as, "plan_as"), granted_account(grant.apply_as, "apply_as")
    inside = " || ".join([_literals(grant.namespaces), *(_matching(p) for p in grant.namespaces if is_pattern(p))])
    kept_out = _one_of("request.namespace", sorted(kept))
    # The probe must meet the first policy alone, or its answer would not tell which of the two stands.
    probe = f"(request.namespace == '{plan.namespace}' && has(request.name) && request.name == '{PROBE}')"
    no_namespace = "!has(request.namespace) || request.namespace == ''"
    rule = f"{no_namespace} || (({inside}) && !({kept_out})) || {probe}"
    return _policy(f"{stem(cluster)}.{plan.namespace}.{plan.name}", [plan.user, apply.user], [(rule, _OUTSIDE)])


def subject(account: Account) -> Object:
    """A ServiceAccount as bindings name it."""
    return {"kind": "ServiceAccount", "namespace": account.namespace, "name": account.name}


def _policy(name: str, users: Sequence[str], rules: Sequence[tuple[str, str]]) -> list[Object]:
    """A policy that binds these users everywhere, and its binding."""
    everything = {
        "apiGroups": ["*"],
        "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE", "DELETE", "CONNECT"],
        "resources": ["*/*"],
    }
    api, kind = "admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"
    policy = {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [everything]},
            "matchConditions": [{"name": "who", "expression": _one_of("request.userInfo.username", users)}],
            "validations": [{"expression": rule, "message": why, "reason": "Forbidden"} for rule, why in rules],
        },
    }
    binding = {
        "apiVersion": api,
        "kind": f"{kind}Binding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"]},
    }
    return [policy, binding]


def _literals(namespaces: Sequence[str]) -> str:
    return _one_of("request.namespace", [namespace for namespace in namespaces if not is_pattern(namespace)])


def _matching(pattern: str) -> str:
    return f"request.namespace.startsWith({pattern.removesuffix('*')!r})"


def _one_of(what: str, names: Sequence[str]) -> str:
    # Names are ServiceAccounts and namespaces, read by their shape: none can hold a quote.
    return f"{what} in [{', '.join(repr(name) for name in names)}]"
