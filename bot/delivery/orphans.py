"""The weekly look for orphans: what carries our label in a cluster and stands in no inventory. It only reads."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bot.domain.config import Config
from bot.domain.deployments import DeploymentState
from bot.domain.grants import Cluster, Clusters, Grant, matches
from bot.domain.inventory import InventoryRow
from bot.domain.orphans import Orphans, orphaned
from bot.domain.pulls import Repository
from bot.domain.subjects import Target
from bot.objects.identity import Object
from bot.planning.moves import renamed
from bot.planning.observe import WORKERS
from bot.ports import clusters as ports
from bot.ports.ledger import Ledger

_WRITING = (DeploymentState.APPLYING, DeploymentState.PRUNING)


@dataclass(frozen=True, slots=True)
class Looking:
    """Where orphans are looked for: the ledger, the operator's file, and how its clusters are opened."""

    ledger: Ledger
    operator: Clusters
    clusters: ports.Clusters


def orphans_of(looking: Looking, repository: Repository) -> tuple[Orphans, ...]:
    """The orphans of every target that a repository has or had, in all clusters that it is granted.

    Namespaces granted by pattern are looked at where an inventory has something in them. A target that is being written
    is left out, since its newest objects may not be noted yet. Raises ClusterUnreachable.
    """
    granted = [
        (cluster, grant)
        for cluster in looking.operator.clusters.values()
        for grant in cluster.grants
        if grant.repository.lower() == repository.address.lower()
    ]
    found: set[Orphans] = set()
    for cluster, grant in granted:
        lives = _lives(looking.clusters.plan(cluster, grant), grant, _namespaces(looking.ledger, repository, grant))
        # Read after what lives, so that what was written meanwhile is known.
        rows = _rows(looking.ledger, repository)
        ids = _ids(looking, cluster, repository, rows)
        found |= {*orphaned(lives, ids, {row.object for each in rows.values() for row in each})}
    return tuple(sorted(found, key=lambda each: each.target))


def left_behind(ledger: Ledger, repository: Repository, config: Config) -> tuple[Orphans, ...]:
    """The inventories of targets that a repository's config no longer has, and that nobody renamed or retired."""
    rows, goes_on = _rows(ledger, repository), renamed(config)
    gone = [each for each in sorted(rows) if rows[each] and not config.has(each) and each not in goes_on]
    return tuple(Orphans(each, tuple(row.object for row in rows[each]), gone=True) for each in gone)


def _rows(ledger: Ledger, repository: Repository) -> Mapping[Target, Sequence[InventoryRow]]:
    """The inventory of every target that was ever delivered."""
    with ledger.begin() as tx:
        return {each: tx.inventory.of(repository.key, each) for each in tx.deployments.targets(repository.key)}


def _ids(
    looking: Looking, cluster: Cluster, repository: Repository, targets: Collection[Target]
) -> Mapping[str, Target]:
    """The targets at rest, by the ApplySet id of their inventory in a cluster."""
    with looking.ledger.begin() as tx:
        unfinished = tx.deployments.unfinished()
    busy = {row.target for row in unfinished if row.repository == repository.key and row.state in _WRITING}
    name_of = looking.clusters.inventories(cluster).name_of
    return {name_of(repository.key, each).applyset: each for each in targets if each not in busy}


def _namespaces(ledger: Ledger, repository: Repository, grant: Grant) -> Sequence[str]:
    """Those granted by name, and those granted by pattern that something of the repository's stands in."""
    used = {row.object.namespace for rows in _rows(ledger, repository).values() for row in rows}
    literal = {each for each in grant.namespaces if not each.endswith("*")}
    return sorted(literal | {each for each in used if each and matches(each, grant.namespaces)})


def _lives(api: ports.PlanCluster, grant: Grant, namespaces: Sequence[str]) -> list[Object]:
    """Everything of the granted kinds that carries the label of any inventory."""
    resources = [found for kind in (*grant.kinds, *grant.cluster_scoped) if (found := api.resource(kind))]
    places = [(each, "") for each in resources if not each.namespaced]
    places += [(each, namespace) for each in resources if each.namespaced for namespace in namespaces]
    with ThreadPoolExecutor(WORKERS) as pool:
        lists = pool.map(lambda place: api.marked(*place), places)
        return [live for several in lists for live in several]
