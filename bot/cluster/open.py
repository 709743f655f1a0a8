"""Opens clusters as the identities of a grant, over one connection and one discovery for each API server."""

import threading
from dataclasses import dataclass

from bot.cluster.accounts import granted_account
from bot.cluster.connection import Connection, connect
from bot.cluster.discovery import Discovery
from bot.cluster.dry_run import PlanningCluster
from bot.cluster.gateway import Gateway, Patience
from bot.cluster.inventory import ConfigMapInventories
from bot.cluster.probe import Proofs
from bot.cluster.write import ApplyingCluster
from bot.domain.errors import UserMistake
from bot.domain.grants import Cluster, Grant


@dataclass(frozen=True, slots=True)
class Server:
    """What is shared by all identities on one API server."""

    connection: Connection
    discovery: Discovery


class KubernetesClusters:
    """The port Clusters. Safe across threads; made once.

    `key` is the installation's own and seals inventories; without one they are taken at their word and never written.
    """

    def __init__(self, key: bytes | None, patience: Patience | None = None, proofs: Proofs | None = None) -> None:
        self._key = key
        self._patience = patience
        self._proofs = proofs or Proofs()
        self._lock = threading.Lock()
        self._servers: dict[tuple[str, str, str, bool], Server] = {}

    def plan(self, cluster: Cluster, grant: Grant) -> PlanningCluster:
        """As `plan_as`. Raises ClusterUnreachable when the proof that it cannot write does not stand."""
        as_planner = self._as(cluster, granted_account(grant.plan_as, "plan_as").user)
        self._proofs.demand(cluster, grant, as_planner)
        return PlanningCluster(as_planner.gateway, as_planner.discovery)

    def apply(self, cluster: Cluster, grant: Grant) -> ApplyingCluster:
        """As `apply_as`."""
        return self._as(cluster, granted_account(grant.apply_as, "apply_as").user)

    def inventories(self, cluster: Cluster) -> ConfigMapInventories:
        """As `inventory_as`."""
        identity = granted_account(cluster.inventory_as, "inventory_as").user
        return ConfigMapInventories(cluster, self._as(cluster, identity), self._key)

    def identity(self, cluster: Cluster, user: str) -> ApplyingCluster:
        """As one of the identities of the clusters file, for looking at its rights; empty for the bot's own account."""
        return self._as(cluster, user)

    def _as(self, cluster: Cluster, identity: str) -> ApplyingCluster:
        """An empty identity is the account whose credentials are used."""
        server = self._server(cluster)
        return ApplyingCluster(Gateway(server.connection, identity, self._patience), server.discovery)

    def _server(self, cluster: Cluster) -> Server:
        where = cluster.name, cluster.kubeconfig, cluster.context, cluster.in_cluster
        with self._lock:
            if where not in self._servers:
                connection = connect(cluster)
                self._servers[where] = Server(connection, Discovery(Gateway(connection, "", self._patience)))
            return self._servers[where]


class AccountClusters(KubernetesClusters):
    """The same as the kubeconfig's own account, for a person at the command line: it plans and never applies."""

    def __init__(self) -> None:
        super().__init__(None)  # a plan that nobody deploys may take an inventory at its word

    def plan(self, cluster: Cluster, grant: Grant) -> PlanningCluster:
        """As the account itself. It has the rights it has, so there is nothing to prove."""
        own = self._as(cluster, "")
        return PlanningCluster(own.gateway, own.discovery)

    def apply(self, cluster: Cluster, grant: Grant) -> ApplyingCluster:
        """Raises UserMistake."""
        raise UserMistake("a plan from the command line writes nothing", "merge the pull to deploy")

    def inventories(self, cluster: Cluster) -> ConfigMapInventories:
        """As the account itself."""
        return ConfigMapInventories(cluster, self._as(cluster, ""), self._key)
