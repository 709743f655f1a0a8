"""What RBAC gives each identity of a cluster's grants: as much as its work needs, by the names of kinds. Pure.

Never given: subresources (but the logs of pods, where `pod_logs` allows them), `*`, impersonate, escalate, bind,
deletecollection. Both identities hold `delete`; the policy keeps the one that plans to dry-runs. Planners also list
admission policies, webhook configurations and LimitRanges, to know when what they verified no longer holds; without
that, every plan asks about every object.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.cluster.accounts import Account, granted_account, stem
from bot.cluster.policies import PROBE, is_pattern, subject
from bot.cluster.surroundings import ADMISSION, GROUP
from bot.domain.grants import Cluster, Grant
from bot.objects.identity import Kind, Object
from bot.objects.kinds import plural_of

READ = ("get", "list", "watch")
PLAN = (*READ, "create", "patch", "delete")
"""A dry-run needs the same rights as the write (measured on 1.37); the policy keeps them to dry-runs."""
APPLY = (*READ, "create", "patch", "delete")

RBAC = "rbac.authorization.k8s.io"
_NOT_PLANNED = (RBAC, "admissionregistration.k8s.io")
"""Groups that stay out of plan rights: policies do not govern admission policies, and RBAC kinds widen rights."""

_NAMESPACE = Kind("", "Namespace")
_HEALTH = (Kind("", "Event"), Kind("", "Pod"), Kind("apps", "ReplicaSet"))
"""What tells why a workload is not healthy: read whether granted or not."""


@dataclass(frozen=True, slots=True)
class Right:
    """Verbs on the resources of one API group; `names` narrows it to objects so called."""

    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()

    def rule(self) -> Object:
        """As Roles write it."""
        named = {"resourceNames": list(self.names)} if self.names else {}
        return {"apiGroups": [self.group], "resources": list(self.resources), **named, "verbs": list(self.verbs)}


_LOGS = Right("", ("pods/log",), ("get",))
_STORAGE_CLASSES = Right("storage.k8s.io", ("storageclasses",), ("get",))
"""They say whether a claim is bound at once, which decides whether it is waited for."""


def plural(kind: Kind) -> str:
    """The plural in a kind's URLs: known for built-in kinds, else guessed as API machinery does where none is given."""
    lower = kind.kind.lower()
    root, ending = (lower[:-1], "ies") if lower.endswith("y") else (lower, "es" if lower.endswith("s") else "s")
    return plural_of(kind) or f"{root}{ending}"


def guessed(kinds: Iterable[Kind]) -> list[str]:
    """The resources among these whose plural is a guess, as `kubectl api-resources` writes them."""
    return sorted(f"{plural(kind)}.{kind.group}" for kind in kinds if plural_of(kind) is None)


def roles(cluster: Cluster) -> list[Object]:
    """Roles and ClusterRoles with their bindings for everybody but the bot's own account."""
    local: dict[tuple[Account, str], set[Right]] = defaultdict(set)
    wide: dict[Account, set[Right]] = defaultdict(set)
    inventory = granted_account(cluster.inventory_as, "inventory_as")
    local[inventory, cluster.inventory_namespace].add(Right("", ("configmaps",), ("get", "create", "patch")))
    for grant in cluster.grants:
        plan, apply = granted_account(grant.plan_as, "plan_as"), granted_account(grant.apply_as, "apply_as")
        local[plan, plan.namespace].add(Right("", ("configmaps",), ("create", "patch"), (PROBE,)))
        wide[plan].add(Right(GROUP, tuple(plural(Kind(GROUP, kind)) for kind in ADMISSION), ("list",)))
        for account, verbs, planned in ((plan, PLAN, True), (apply, APPLY, False)):
            wide[account].update(_cluster_rights(grant, verbs, planned=planned))
            rights = _namespace_rights(grant, verbs, planned=planned)
            if planned:
                rights.add(Right("", ("limitranges",), ("list",)))
            else:
                wide[account].add(_STORAGE_CLASSES)
                rights |= {_LOGS} if cluster.pod_logs else set()
            if any(map(is_pattern, grant.namespaces)):
                wide[account].update(rights)
                continue
            for namespace in grant.namespaces:
                local[account, namespace] |= {*rights, Right("", ("namespaces",), ("get",), (namespace,))}
    found: list[Object] = []
    for (account, namespace), given in sorted(local.items()):
        found += _role(_name(cluster, account), namespace, given, [subject(account)])
    for account, given in sorted(wide.items()):
        found += _role(_name(cluster, account), "", given, [subject(account)])
    return found


def impersonation(cluster: Cluster, bot: Object) -> list[Object]:
    """All that the bot's own account may do: be these accounts, by exact name, in their namespaces."""
    by_namespace: dict[str, set[str]] = defaultdict(set)
    for account in accounts(cluster):
        by_namespace[account.namespace].add(account.name)
    found: list[Object] = []
    for namespace, names in sorted(by_namespace.items()):
        right = Right("", ("serviceaccounts",), ("impersonate",), tuple(sorted(names)))
        found += _role(f"{stem(cluster)}.impersonate", namespace, {right}, [bot])
    return found


def accounts(cluster: Cluster) -> list[Account]:
    """Every identity that the bot takes on in a cluster."""
    named = [("inventory_as", cluster.inventory_as)]
    for grant in cluster.grants:
        named += [("plan_as", grant.plan_as), ("apply_as", grant.apply_as)]
    return sorted({granted_account(user, key) for key, user in named})


def _namespace_rights(grant: Grant, verbs: tuple[str, ...], *, planned: bool) -> set[Right]:
    health = {Right(kind.group, (plural(kind),), READ) for kind in _HEALTH if kind not in grant.kinds}
    return {*_by_group(grant.kinds, verbs, planned=planned), *health}


def _cluster_rights(grant: Grant, verbs: tuple[str, ...], *, planned: bool) -> set[Right]:
    kinds = [kind for kind in grant.cluster_scoped if kind != _NAMESPACE]
    rights = _by_group(kinds, verbs, planned=planned)
    if _NAMESPACE in grant.cluster_scoped:
        literal = () if any(map(is_pattern, grant.namespaces)) else tuple(sorted(grant.namespaces))
        # Lists cannot be narrowed by name: with literal namespaces each is read by itself.
        kept = tuple(verb for verb in verbs if verb not in ("list", "watch")) if literal else verbs
        rights.add(Right("", ("namespaces",), kept, literal))
    return rights


def _by_group(kinds: Sequence[Kind], verbs: tuple[str, ...], *, planned: bool) -> set[Right]:
    by_group: dict[str, set[str]] = defaultdict(set)
    for kind in kinds:
        if not (planned and kind.group in _NOT_PLANNED):
            by_group[kind.group].add(plural(kind))
    return {Right(group, tuple(sorted(resources)), verbs) for group, resources in by_group.items()}


def _name(cluster: Cluster, account: Account) -> str:
    return f"{stem(cluster)}.{account.namespace}.{account.name}"


def _role(name: str, namespace: str, rights: Iterable[Right], who: list[Object]) -> list[Object]:
    """A Role in a namespace, or a ClusterRole without one, and its binding; nothing without rights."""
    rules = [right.rule() for right in sorted(rights, key=lambda right: (right.group, right.resources, right.verbs))]
    if not rules:
        return []
    api, kind = f"{RBAC}/v1", "Role" if namespace else "ClusterRole"
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    reference = {"apiGroup": RBAC, "kind": kind, "name": name}
    return [
        {"apiVersion": api, "kind": kind, "metadata": metadata, "rules": rules},
        {"apiVersion": api, "kind": f"{kind}Binding", "metadata": metadata, "roleRef": reference, "subjects": who},
    ]
