"""What an operator applies to a cluster before the bot may use it: `plumbline manifests`. Pure."""

from collections.abc import Iterator

import yaml

from bot.cluster.accounts import OWN_ACCOUNT, Account, service_account
from bot.cluster.policies import is_pattern, namespace_policy, plan_policy, subject
from bot.cluster.rights import accounts, guessed, impersonation, roles
from bot.domain.errors import UserMistake
from bot.domain.grants import Cluster, Clusters, Grant, matches
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
    _check(cluster, own)
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


def _check(cluster: Cluster, own: Account | None) -> None:
    """Raises UserMistake for what reading the file could not know, and for what no policy could keep apart."""
    for grant in cluster.grants:
        if own and matches(own.namespace, grant.namespaces):
            message = f"{grant.repository} is granted {own.namespace}, where the bot's own account lives"
            raise UserMistake(message, "keep it in a namespace that no grant matches", file="clusters.yaml")
        others = [other for other in cluster.grants if other is not grant]
        shared = {grant.plan_as, grant.apply_as} & {user for o in others for user in (o.plan_as, o.apply_as)}
        if shared and _patterned(grant):
            message = f"{min(shared)} stands in two grants of cluster {cluster.name}, one of them with a pattern"
            raise UserMistake(message, "give a grant with a pattern identities of its own", file="clusters.yaml")
    if own and own in accounts(cluster):
        message = f"{own.user} is the bot's own account and one that it takes on in {cluster.name}"
        raise UserMistake(message, "give each its own ServiceAccount", file="clusters.yaml")


def _patterned(grant: Grant) -> bool:
    return any(map(is_pattern, grant.namespaces))
