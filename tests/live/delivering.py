"""Deliveries in this process: a scratch repository, a real ledger, a real API server, and looks one after the other."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.cluster.guard import manifests
from bot.cluster.open import KubernetesClusters
from bot.delivery.look import look
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.grants import Cluster, Clusters, Grant
from bot.domain.grants_reader import DEFAULT_KINDS
from bot.domain.pulls import Repository
from bot.domain.subjects import Target, commit_key
from bot.ledger.ledger import open_ledger
from bot.objects.identity import Kind
from bot.ports.clusters import Resource
from bot.ports.ledger import POSTED, Ledger, Said, posted
from bot.ports.world import Ports
from bot.renderers.jailed import JailedRenderer
from bot.workspace import GitWorkspace, Remote
from bot.workspace.render_cache import MemoryRenderCache
from fixtures.cluster.access import PATIENCE, Access
from tests.live.planned import Scratch

KEY = b"sixteen bytes or more"
WEB = Target("prod", "web")
_RBAC = "rbac.authorization.k8s.io"


class SystemTime:
    """The port Clock."""

    def now(self) -> float:
        return time.time()


@dataclass
class Delivering:
    """A repository whose commits are delivered. Its namespaces begin with `prefix`, its custom kinds end in `group`."""

    access: Access
    ports: Ports
    scratch: Scratch
    prefix: str
    group: str
    repository: Repository

    def commit(
        self, files: dict[str, str | None], apps: Sequence[str] = ("web",), more: str | Mapping[str, str] = ""
    ) -> str:
        """Commit files on main; `more` holds further keys of each app, or of those that it names."""
        own = more if isinstance(more, Mapping) else dict.fromkeys(apps, more)
        common = f"environments: all, renderer: plain, namespace: {self.prefix}"
        listed = "".join(f"  {app}: {{path: {app}, {common}{own.get(app, '')}}}\n" for app in apps)
        config = f"version: 1\napps:\n{listed}environments:\n  prod: {{cluster: live, prune: always}}\n"
        return self.scratch.commit({".plumbline.yaml": config, **files})

    def due(self, commit: str, target: Target = WEB, attempt: int = 1) -> Deployment:
        """The row that a push of this commit makes."""
        with self.ports.ledger.begin() as tx:
            rows = tx.deployments.of_target(self.repository.key, target)
            healthy = [row.commit for row in rows if row.state is DeploymentState.HEALTHY]
            tx.repositories.see(self.repository)
            known = tx.repositories.get(self.repository.key)
            assert known is not None
            tx.repositories.move(self.repository.key, "main", commit, before=known.tip)
            base = healthy[-1] if healthy else ""
            waiting = DeploymentState.WAITING
            row = Deployment(
                0,
                self.repository.key,
                target,
                commit,
                attempt,
                0,
                waiting,
                base=base,
                since=base,
                direct=True,
                direct_rulers=(commit,),
            )
            added = tx.deployments.add(row)
        assert added is not None
        return added

    def deliver(self, commit: str, target: Target = WEB, attempt: int = 1, seconds: float = PATIENCE) -> Deployment:
        """Deliver a commit to the end."""
        return self.until(self.due(commit, target, attempt), lambda row: row.state.ended, seconds)

    def until(
        self, row: Deployment, seen: Callable[[Deployment], bool], seconds: float = PATIENCE, ports: Ports | None = None
    ) -> Deployment:
        """Look again and again until a row is as wanted. Raises AssertionError with the row when it never is."""
        ended = time.monotonic() + seconds
        while True:
            found = self.look(row, ports)
            if seen(found):
                return found
            if time.monotonic() > ended:
                raise AssertionError(f"not seen within {seconds} s: {found}")
            time.sleep(0.05)

    def look(self, row: Deployment, ports: Ports | None = None) -> Deployment:
        """One look at a row's target, and what was posted meanwhile; the row after that."""
        look(ports or self.ports, self.repository.key, row.target)
        self._post(row)
        return self.row(row)

    def row(self, row: Deployment) -> Deployment:
        """A row as it is now."""
        with self.ports.ledger.begin() as tx:
            found = tx.deployments.get(row.id)
        assert found is not None
        return found

    def _post(self, row: Deployment) -> None:
        """Post the plan of a direct push, as handlers do."""
        with self.ports.ledger.begin() as tx:
            plan = tx.plans.of_commit(row.repository, row.commit)
            if plan is not None:
                tx.slots.put(commit_key(row.repository, row.commit), POSTED, Said(1, posted(plan)))

    def live(self, kind: str, namespace: str = "") -> dict[str, Any]:
        """Objects of a kind in the first namespace (or another) by name."""
        found = self.access.get(kind, "-n", namespace or self.prefix)["items"]
        return {each["metadata"]["name"]: each for each in found}

    def labelled(self, target: Target = WEB) -> dict[str, dict[str, Any]]:
        """The ConfigMaps in the first namespace that carry a target's label, by name, without starting a kubectl."""
        cluster = self.ports.operator.clusters["live"]
        api, inventories = (
            self.ports.clusters.apply(cluster, cluster.grants[0]),
            self.ports.clusters.inventories(cluster),
        )
        applyset = inventories.name_of(self.repository.key, target).applyset
        found = api.list(Resource(Kind("", "ConfigMap"), "v1", "configmaps", True), self.prefix, applyset)
        return {each["metadata"]["name"]: each for each in found}

    def kept(self, target: Target = WEB) -> dict[str, str]:
        """The ledger's inventory: UIDs by kind and name."""
        with self.ports.ledger.begin() as tx:
            rows = tx.inventory.of(self.repository.key, target)
        return {f"{row.object.kind}/{row.object.name}": row.uid for row in rows}

    def mapped(self, target: Target = WEB) -> dict[str, str]:
        """The cluster's inventory: UIDs by kind and name."""
        cluster = self.ports.operator.clusters["live"]
        found = self.ports.clusters.inventories(cluster).read(self.repository.key, target)
        return {f"{row.object.kind}/{row.object.name}": row.uid for row in found.rows} if found else {}


@contextmanager
def delivering(
    access: Access, folder: Path, more: tuple[Kind, ...] = (), pod_logs: bool = False
) -> Iterator[Delivering]:
    """A guarded cluster and a repository that may write namespaces `prefix*` in it, and a few cluster-scoped kinds."""
    suffix = uuid.uuid4().hex[:6]
    prefix, ours, group = f"d-{suffix}", f"system:serviceaccount:bots-{suffix}", f"{suffix}.acme.io"
    kinds = (*DEFAULT_KINDS, Kind(_RBAC, "Role"), Kind(_RBAC, "RoleBinding"), Kind(group, "Widget"))
    wide = (Kind("", "Namespace"), Kind("apiextensions.k8s.io", "CustomResourceDefinition"), *more)
    grant = Grant(
        "github:acme/shop", ("prod",), (f"{prefix}*",), f"{ours}:plan-shop", f"{ours}:apply-shop", kinds, wide
    )
    kubeconfig = str(access.bot_kubeconfig)
    cluster = Cluster("live", kubeconfig, "", False, f"bots-{suffix}", f"{ours}:inventory", pod_logs, (grant,))
    operator = Clusters({"live": cluster})
    access.apply_admin(manifests(operator, access.bot_user))
    scratch = Scratch.make(folder / "repository")
    with closing(open_ledger(f"sqlite:///{folder}/plumbline.db")) as ledger:
        ports = Ports(
            clock=SystemTime(),
            ledger=ledger,
            forges=None,  # type: ignore[arg-type]  # a look at a direct push asks no forge
            workspace=GitWorkspace(folder / "git", lambda _: Remote(str(scratch.folder / ".git"))),
            renderer=JailedRenderer(folder / "jail"),
            renders=MemoryRenderCache(),
            clusters=KubernetesClusters(KEY),
            operator=operator,
            fingerprint_key=KEY,
        )
        yield Delivering(access, ports, scratch, prefix, group, Repository("github", 12, "acme/shop", 1))


def with_ledger(ports: Ports, ledger: Ledger) -> Ports:
    """The same ports over another ledger."""
    return replace(ports, ledger=ledger)
