"""What must hold across the clusters of `clusters.yaml`, so that one identity can never stand in for another.

A plan identity that could write, or a repository that could start a pod as the account that applies, would void what
the API server enforces for us.
"""

from collections.abc import Iterator

from bot.domain.grants import Cluster, Clusters, Grant, matches

Note = tuple[str, str, str]
"""The cluster, what is wrong there, and the remedy."""


def note_all(clusters: Clusters) -> list[Note]:
    """Every mistake across clusters and grants, for a file whose values were all understood."""
    found = list(_purposes(clusters))
    for cluster in clusters.clusters.values():
        found += [*_owners(cluster), *_namespaces(cluster), *_overlaps(cluster)]
    return found


def _accounts(cluster: Cluster) -> Iterator[tuple[str, str, Grant | None]]:
    """Every account of a cluster, what it is for, and by which grant."""
    yield cluster.inventory_as, "inventory", None
    for grant in cluster.grants:
        yield grant.plan_as, "plan", grant
        yield grant.apply_as, "apply", grant


def _purposes(clusters: Clusters) -> Iterator[Note]:
    """An account plans, applies or keeps inventories, and nothing else anywhere."""
    known: dict[str, str] = {}
    for cluster in clusters.clusters.values():
        for account, purpose, _ in _accounts(cluster):
            before = known.setdefault(account, purpose)
            if before != purpose:
                yield cluster.name, f"{account} is used for {before} and for {purpose}", "name an account for each"


def _owners(cluster: Cluster) -> Iterator[Note]:
    """An account belongs to one repository: rights of two would add up."""
    known: dict[str, str] = {}
    for account, _, grant in _accounts(cluster):
        if grant and known.setdefault(account, grant.repository) != grant.repository:
            both = f"{known[account]} and {grant.repository}"
            yield cluster.name, f"{account} is used for {both}", "name an account for each repository"


def _namespaces(cluster: Cluster) -> Iterator[Note]:
    """Nobody is granted the inventory's namespace, nor one where an account lives whose pods could act as it."""
    closed = {cluster.inventory_namespace: "the namespace of the inventory"}
    for account, purpose, _ in _accounts(cluster):
        closed.setdefault(account.split(":")[2], f"where the {purpose} account {account} lives")
    for grant in cluster.grants:
        for namespace, why in closed.items():
            if matches(namespace, grant.namespaces):
                message = f"{grant.repository} is granted {namespace}, {why}"
                yield cluster.name, message, "keep accounts and inventories in a namespace that no grant matches"


def _overlaps(cluster: Cluster) -> Iterator[Note]:
    """A repository's environment has one grant in a cluster, so that nobody has to guess which one counts."""
    for index, grant in enumerate(cluster.grants):
        for other in cluster.grants[:index]:
            shared = [name for name in grant.environments if _meets(name, other.environments)]
            if shared and grant.repository == other.repository:
                message = f"{grant.repository} has two grants for {', '.join(shared)}"
                yield cluster.name, message, "put them together, or name other environments"


def _meets(pattern: str, others: tuple[str, ...]) -> bool:
    """Whether some name matches both. Patterns have their one `*` at the end."""
    start = pattern.removesuffix("*")
    return matches(start, others) or any(matches(other.removesuffix("*"), [pattern]) for other in others)
