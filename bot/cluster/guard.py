"""What an operator applies to a cluster before the bot may use it: `plumbline manifests`. Pure."""

from collections.abc import Iterator

import yaml

from bot.cluster.accounts import OWN_ACCOUNT, Account, granted_account, service_account
from bot.cluster.policies import is_pattern, namespace_policy, plan_policy, subject
from bot.cluster.rights import accounts, guessed, impersonation, roles
from bot.domain.errors import UserMistake
from bot.domain.grants import Cluster, Clusters, Grant
from bot.objects.identity import Object

_LABELS = {"app.kubernetes.io/managed-by": "plumbline"}


def manifests(clusters: Clusters, account: str = OWN_ACCOUNT) -> str:
    """YAML for every cluster of the operator's file, each behind a comment that says which.

    `account` is whom the clusters know the bot as. Raises UserMistake for a grant that cannot be guarded.
    """
    return "".join(_section(cluster, account) for _, cluster in sorted(clusters.clusters.items()))


def objects(cluster: Cluster, account: str = OWN_ACCOUNT) -> list[Object]:
    """The same for one cluster as objects: namespaces, ServiceAccounts, policies, and only then rights."""
    own = service_account(account)
    needed = accounts(cluster) + ([own] if own else [])
    # Out of every grant's reach: inventories decide what is ours, and a pod could mount the tokens of accounts.
    kept = {cluster.inventory_namespace, *(each.namespace for each in needed)}
    _check(cluster, own, kept)
    found: list[Object] = []
    for namespace in sorted(kept):
        found.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    for each in sorted(set(needed)):
        metadata = {"name": each.name, "namespace": each.namespace}
        found.append({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    if cluster.grants:
        found += plan_policy(cluster)
    for grant in cluster.grants:
        if any(map(is_pattern, grant.namespaces)):
            found += namespace_policy(cluster, grant, kept)
    bot = subject(own) if own else {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": account}
    found += [*roles(cluster), *impersonation(cluster, bot)]
    return [{**body, "metadata": {**body["metadata"], "labels": dict(_LABELS)}} for body in found]


def _section(cluster: Cluster, account: str) -> str:
    where = f"context {cluster.context}" if cluster.context else "its own context"
    lines = [
        f"Cluster {cluster.name}. As an administrator of it, in {where}: kubectl apply --server-side -f FILE",
        *_remarks(cluster),
    ]
    header = "".join(f"# {line}\n" for line in lines)
    return f"---\n{header}" + yaml.safe_dump_all(
        objects(cluster, account), sort_keys=False, default_flow_style=None, width=120
    )


def _remarks(cluster: Cluster) -> Iterator[str]:
    """What an operator must know before applying."""
    literal = {name for grant in cluster.grants for name in grant.namespaces if not _patterned(grant)}
    if literal:
        yield f"Roles stand in these namespaces, which must exist first: {', '.join(sorted(literal))}"
    for grant in cluster.grants:
        if _patterned(grant):
            names = ", ".join(grant.namespaces)
            yield f"{grant.repository} is granted {names}: RBAC knows no patterns, so {grant.plan_as} and"
            yield f"  {grant.apply_as} can READ the granted kinds in ALL namespaces, Secrets included if granted;"
            yield "  a policy keeps what they write inside the pattern. Literal namespaces avoid that."
        for resource in guessed((*grant.kinds, *grant.cluster_scoped)):
            yield f"The plural {resource} is a guess: compare it with `kubectl api-resources`"


def _check(cluster: Cluster, own: Account | None, kept: set[str]) -> None:
    """Raises UserMistake for identities or namespaces that no policy could keep apart."""
    plans = {granted_account(grant.plan_as, "plan_as") for grant in cluster.grants}
    applies = {granted_account(grant.apply_as, "apply_as") for grant in cluster.grants}
    inventory = granted_account(cluster.inventory_as, "inventory_as")
    _apart(cluster, plans & applies, "both `plan_as` and `apply_as`")
    _apart(cluster, (plans | applies) & {inventory}, "`inventory_as` and a grant's identity")
    if own:
        _apart(cluster, (plans | applies | {inventory}) & {own}, "the bot's own account and one that it takes on")
    for grant in cluster.grants:
        taken = sorted(kept.intersection(grant.namespaces))
        if taken:
            remedy = "keep inventories and accounts in a namespace of their own"
            message = f"{grant.repository} is granted {taken[0]}, where the bot's accounts or inventories are"
            raise UserMistake(message, remedy, file="clusters.yaml")
        others = [other for other in cluster.grants if other is not grant]
        shared = {grant.plan_as, grant.apply_as} & {user for o in others for user in (o.plan_as, o.apply_as)}
        if shared and _patterned(grant):
            remedy = "give each grant with a pattern identities of its own"
            raise UserMistake(f"{sorted(shared)[0]} stands in two grants, one with a pattern", remedy)


def _apart(cluster: Cluster, shared: set[Account], what: str) -> None:
    if shared:
        message = f"{min(shared).user} is {what} of cluster {cluster.name}"
        raise UserMistake(message, "give each its own ServiceAccount", file="clusters.yaml")


def _patterned(grant: Grant) -> bool:
    return any(map(is_pattern, grant.namespaces))
