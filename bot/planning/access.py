"""What a target may be asked about: its cluster as the identity that plans, its grant, its label, its inventory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.config import Environment
from bot.domain.errors import UserMistake
from bot.domain.grants import Cluster, Grant
from bot.domain.inventory import InventoryRow
from bot.domain.pulls import Repository
from bot.domain.subjects import Target
from bot.planning.verifying import Surroundings, Verifying, surroundings_of
from bot.ports.clusters import ClusterUnreachable, Inventories, PlanCluster
from bot.ports.world import Ports


@dataclass(frozen=True, slots=True)
class Access:
    """`cluster` is None when only the rendered difference can be had, with the reason in `why`.

    `rows` are what we own there; None means that nobody knows, and then what base renders stands for what was written.
    `verifying` remembers what need not be asked again; None where there is no memory.
    """

    cluster: PlanCluster | None
    grant: Grant | None
    applyset: str
    rows: Sequence[InventoryRow] | None
    why: str = ""
    verifying: Verifying | None = None


class Accesses(Protocol):
    """Opens targets for planning."""

    def applyset(self, target: Target, environment: Environment) -> str:
        """The ApplySet id of a target's inventory, without asking anyone; empty where it may not be reached."""
        ...

    def open(self, target: Target, environment: Environment) -> Access:
        """Raises UserMistake when the target may not be reached at all."""
        ...

    def close(self, target: Target, access: Access) -> None:
        """The target is planned: what was verified on the way is kept."""
        ...


def granted(ports: Ports, repository: Repository, environment: Environment) -> tuple[Cluster, Grant]:
    """The cluster and grant of an environment.

    Raises UserMistake when the operator has not granted it, or granted the path when another repository had it.
    """
    found = ports.operator.grant(environment.cluster, repository.address, environment.name)
    if found is None:
        raise UserMistake(
            f"environment {environment.name} wants cluster {environment.cluster}, "
            f"which is not granted to {repository.address}",
            "ask the operator for a grant in clusters.yaml, or correct `cluster`",
        )
    with ports.ledger.begin() as tx:
        if not tx.repositories.pin(repository.address, repository.id):
            raise UserMistake(
                f"{repository.address} is not the repository that this grant was first used by",
                "the operator has to look at it: a new repository stands at the old path",
            )
    return found


def _applyset(ports: Ports, repository: Repository, target: Target, environment: Environment) -> str:
    found = ports.operator.grant(environment.cluster, repository.address, environment.name)
    return ports.clusters.inventories(found[0]).name_of(repository.key, target).applyset if found else ""


class GrantedAccess:
    """Access as the operator's grants give it, always as `plan_as`."""

    def __init__(self, ports: Ports, repository: Repository) -> None:
        self._ports, self._repository = ports, repository
        self._opened: dict[tuple[str, str], tuple[PlanCluster, Surroundings]] = {}

    def applyset(self, target: Target, environment: Environment) -> str:
        """See Accesses."""
        return _applyset(self._ports, self._repository, target, environment)

    def open(self, target: Target, environment: Environment) -> Access:
        """See Accesses."""
        cluster, grant = granted(self._ports, self._repository, environment)
        applyset = self._ports.clusters.inventories(cluster).name_of(self._repository.key, target).applyset
        with self._ports.ledger.begin() as tx:
            rows = tx.inventory.of(self._repository.key, target)
            known = tx.verified.of(self._repository.key, target)
        try:
            api, surroundings = self._plan(cluster, grant)
        except ClusterUnreachable as unreachable:
            return Access(None, grant, applyset, rows, str(unreachable))
        identity = f"{cluster.name} {grant.plan_as}"
        verifying = Verifying(self._ports.fingerprint_key, identity, known, surroundings)
        return Access(api, grant, applyset, rows, verifying=verifying)

    def close(self, target: Target, access: Access) -> None:
        """See Accesses."""
        if access.verifying is not None and access.verifying.fresh:
            with self._ports.ledger.begin() as tx:
                tx.verified.put(self._repository.key, target, access.verifying.fresh)

    def _plan(self, cluster: Cluster, grant: Grant) -> tuple[PlanCluster, Surroundings]:
        """A cluster as `plan_as`, opened once for a plan."""
        opened = self._opened.get((cluster.name, grant.plan_as))
        if opened is None:
            api = self._ports.clusters.plan(cluster, grant)
            opened = self._opened[cluster.name, grant.plan_as] = (api, surroundings_of(api))
        return opened


class RenderedAccess:
    """Access for a head from a fork: it is rendered and nothing is asked about it. The grant's limits hold all the
    same, and what the base branch renders stands for what was written."""

    def __init__(self, ports: Ports, repository: Repository) -> None:
        self._ports, self._repository = ports, repository

    def applyset(self, target: Target, environment: Environment) -> str:
        """See Accesses."""
        return _applyset(self._ports, self._repository, target, environment)

    def open(self, target: Target, environment: Environment) -> Access:
        """See Accesses."""
        cluster, grant = granted(self._ports, self._repository, environment)
        applyset = self._ports.clusters.inventories(cluster).name_of(self._repository.key, target).applyset
        return Access(None, grant, applyset, None, "it comes from a fork, so no cluster is asked before it is merged")

    def close(self, target: Target, access: Access) -> None:
        """See Accesses. Nothing was verified."""


class OpenAccess:
    """Access without grants, for the command line: every environment is the one cluster that was named, if any."""

    def __init__(self, repository: Repository, inventories: Inventories, cluster: PlanCluster | None) -> None:
        self._repository, self._inventories, self._cluster = repository, inventories, cluster

    def applyset(self, target: Target, environment: Environment) -> str:
        """See Accesses."""
        return self._inventories.name_of(self._repository.key, target).applyset

    def open(self, target: Target, environment: Environment) -> Access:
        """See Accesses. Without an inventory that this account may read, nobody knows what we own."""
        applyset = self._inventories.name_of(self._repository.key, target).applyset
        if self._cluster is None:
            return Access(None, None, applyset, None)
        try:
            found = self._inventories.read(self._repository.key, target)
        except (ClusterUnreachable, UserMistake):
            found = None
        return Access(self._cluster, None, applyset, found.rows if found else None)

    def close(self, target: Target, access: Access) -> None:
        """See Accesses. The command line remembers nothing."""
