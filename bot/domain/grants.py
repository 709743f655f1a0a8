"""`clusters.yaml` as data (DESIGN §4): which repository may use which cluster, and as whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bot.objects.identity import Kind


@dataclass(frozen=True, slots=True)
class Grant:
    """The operator's word that a repository may use a cluster.

    `namespaces` and `environments` may end in `*`. `kinds` and `cluster_scoped` are written out, defaults included.
    """

    repository: str
    environments: tuple[str, ...]
    namespaces: tuple[str, ...]
    plan_as: str
    apply_as: str
    kinds: tuple[Kind, ...] = ()
    cluster_scoped: tuple[Kind, ...] = ()
    registries: tuple[str, ...] = ()
    chart_hosts: tuple[str, ...] = ()
    floor_approvals: int = 0


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster of the operator's file."""

    name: str
    kubeconfig: str
    context: str
    in_cluster: bool
    inventory_namespace: str
    inventory_as: str
    pod_logs: bool
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class Clusters:
    """The operator's file."""

    clusters: Mapping[str, Cluster]

    def grant(self, cluster: str, repository: str, environment: str) -> tuple[Cluster, Grant] | None:
        """The cluster and grant that let a repository (`github:acme/shop`) use it for an environment, or None.

        No forge tells repositories apart by case.
        """
        found = self.clusters.get(cluster)
        if found is None:
            return None
        for grant in found.grants:
            if grant.repository.lower() == repository.lower() and matches(environment, grant.environments):
                return found, grant
        return None


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name is one of these, some of which may end in `*`."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)
