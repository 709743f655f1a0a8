"""Puts the bot together: the only file that knows every adapter. Used by the command line; nothing else imports it.

The forge and the ledger are imported where they are wired, because they take a second to import, and `plumbline plan`
needs neither.
"""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.cluster.accounts import OWN_ACCOUNT
from bot.cluster.checkup import examine
from bot.cluster.gateway import Patience
from bot.cluster.guard import manifests
from bot.cluster.open import AccountClusters, KubernetesClusters
from bot.comments.orphans import REMEDY, orphans_say
from bot.delivery.orphans import Looking, orphans_of
from bot.domain.checkups import Checkup, bad, doubtful
from bot.domain.errors import TryLater, UserMistake
from bot.domain.grants import Cluster, Clusters, Grant
from bot.domain.grants_reader import read_clusters
from bot.domain.pulls import Repository
from bot.planning.access import OpenAccess
from bot.planning.make import Planner
from bot.planning.rendering import Rendering
from bot.ports.clusters import ClusterUnreachable
from bot.ports.doors import ForgeDoor
from bot.ports.ledger import Ledger
from bot.ports.queue import Queue
from bot.ports.world import Ports
from bot.renderers.jailed import JailedRenderer
from bot.settings import Settings
from bot.workspace import GitWorkspace, LocalRepository, Remote
from bot.workspace.checkup import examine_git
from bot.workspace.render_cache import MemoryRenderCache


class SystemClock:
    """The port Clock, from the machine."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()


@dataclass(frozen=True, slots=True)
class Wired:
    """A bot that is ready to be started."""

    ports: Ports
    doors: Mapping[str, ForgeDoor]
    ready: Callable[[], bool]
    queue: Callable[[], Queue]
    requests_left: Callable[[], Mapping[str, int]]


@contextmanager
def wire(settings: Settings) -> Iterator[Wired]:
    """The bot as the operator configured it, let go of at the end. Raises UserMistake for what is missing or wrong."""
    from bot.forges.github.app import App
    from bot.forges.github.door import GitHubDoor
    from bot.forges.github.github import PUSH_NEEDS, GitHub
    from bot.ledger.engine import Engine
    from bot.ledger.ledger import open_ledger

    github = settings.github
    if github is None:
        raise UserMistake("no forge is configured", "set PLUMBLINE_GITHUB_APP_ID and its key and webhook secrets")
    operator = _clusters(settings.clusters_file)
    key = settings.fingerprint_key.get_secret_value().encode()
    doors = {"github": GitHubDoor([each.get_secret_value() for each in github.webhook_secrets], github.app_id)}
    with ExitStack() as stack:
        forges = GitHub(App(github.app_id, github.private_key.get_secret_value(), github.url))
        stack.callback(forges.close)
        ledger = open_ledger(settings.database_url.get_secret_value())
        stack.callback(ledger.close)
        ports = Ports(
            clock=SystemClock(),
            ledger=ledger,
            forges=forges,
            workspace=GitWorkspace(
                settings.data_dir / "git",
                lambda each: Remote(*forges.git_remote(each)),
                lambda each: Remote(*forges.git_remote(each, PUSH_NEEDS)),
            ),
            renderer=JailedRenderer(settings.data_dir / "jail"),
            renders=MemoryRenderCache(),
            clusters=KubernetesClusters(key),
            operator=operator,
            fingerprint_key=key,
            delivery_logs=(forges.deliveries(),),
        )
        yield Wired(ports, doors, ledger.ready, lambda: Engine(ledger), forges.requests_left)


@contextmanager
def records(settings: Settings) -> Iterator[Ledger]:
    """The ledger that a bot with these settings writes, alone. Raises UserMistake when there is none."""
    from bot.ledger.ledger import existing_ledger

    ledger = existing_ledger(settings.database_url.get_secret_value())
    try:
        yield ledger
    finally:
        ledger.close()


def checkups(settings: Settings) -> Iterator[Checkup]:
    """Everything that `plumbline doctor` looks at behind these settings, one after the other."""
    from bot.forges.github.checkup import examine_github
    from bot.ledger.checkup import examine_database

    yield examine_git()
    yield from JailedRenderer(settings.data_dir / "jail").checkups()
    yield from examine_database(settings.database_url.get_secret_value())
    if settings.github is None:
        yield bad("GitHub", "is not configured", "set PLUMBLINE_GITHUB_APP_ID and its key and webhook secrets")
    else:
        key = settings.github.private_key.get_secret_value()
        yield from examine_github(settings.github.app_id, key, settings.github.url, _known(settings))
    try:
        operator = _clusters(settings.clusters_file)
    except UserMistake as mistake:
        yield bad("clusters file", str(mistake), mistake.remedy)
        return
    if not operator.clusters:
        yield doubtful("clusters file", "names no cluster", "set PLUMBLINE_CLUSTERS_FILE, see the README")
    clusters = KubernetesClusters(settings.fingerprint_key.get_secret_value().encode(), Patience(total=20.0, retries=1))
    for cluster in operator.clusters.values():
        yield from examine(cluster, clusters)
    yield from _orphans(settings, operator, clusters)


def _orphans(settings: Settings, operator: Clusters, clusters: KubernetesClusters) -> Iterator[Checkup]:
    """What carries our label and stands in no inventory. A cluster that is away was told of before."""
    try:
        with records(settings) as ledger:
            for each in _known(settings):
                found = orphans_of(Looking(ledger, operator, clusters), each)
                yield from (doubtful(each.path, orphans_say(one), REMEDY) for one in found)
    except (UserMistake, TryLater, ClusterUnreachable):
        return


def _known(settings: Settings) -> list[Repository]:
    """The repositories that the ledger knows; none when there is no ledger."""
    try:
        with records(settings) as ledger, ledger.begin() as tx:
            return [each.repository for each in tx.repositories.all()]
    except (UserMistake, TryLater):
        return []


def _clusters(file: Path | None) -> Clusters:
    if file is None:
        return Clusters({})
    try:
        return read_clusters(file.read_bytes(), file.name)
    except OSError as error:
        message = f"the clusters file {file} cannot be read: {error.strerror}"
        raise UserMistake(message, "correct PLUMBLINE_CLUSTERS_FILE") from None


def guard(file: Path, account: str) -> str:
    """What an operator applies to each cluster of a clusters file, as YAML. Raises UserMistake."""
    return manifests(_clusters(file), account or OWN_ACCOUNT)


@dataclass(frozen=True, slots=True)
class Local:
    """A person's own repository and, if they named one, a cluster as their own account."""

    repository: Repository
    planner: Planner
    _folder: LocalRepository

    def resolve(self, revision: str) -> str:
        """The commit of a revision. Raises UserMistake."""
        return self._folder.resolve(revision)


INVENTORIES = "plumbline"
"""The namespace in which inventories are looked for where nobody says another one."""


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """The cluster that a person plans against as themselves, if any: a kubeconfig, one of its contexts, and the
    namespace of the inventories there, which decides about our label."""

    kubeconfig: Path | None = None
    context: str = ""
    inventories: str = INVENTORIES


NO_CLUSTER = OwnAccount()


@contextmanager
def local(folder: Path, key: str, own: OwnAccount = NO_CLUSTER) -> Iterator[Local]:
    """Planning on a git repository without a forge. `key` is how the forge names it, `github:12`, for our label.

    Nothing is written into the repository. Raises UserMistake when there is none, or for a key of another form.
    """
    found = LocalRepository.open(folder)
    repository = _named(key)
    scratch = Path(tempfile.mkdtemp(prefix="plumbline-"))
    try:
        rendering = Rendering(
            GitWorkspace(scratch / "git", found.remote), JailedRenderer(scratch / "jail"), MemoryRenderCache()
        )
        secret = hashlib.sha256(str(found).encode()).digest()
        clusters, file = AccountClusters(), str(own.kubeconfig or "")
        cluster = Cluster(own.context or file, file, own.context, False, own.inventories, "", False, ())
        api = clusters.plan(cluster, Grant("", (), (), "", "")) if own.kubeconfig else None
        accesses = OpenAccess(repository, clusters.inventories(cluster), api)
        yield Local(repository, Planner(rendering, accesses, secret), found)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _named(key: str) -> Repository:
    forge, colon, number = key.partition(":")
    if not (colon and forge.isalnum() and number.isdigit()):
        raise UserMistake(f"{key!r} is not a repository", "write the forge and its number, as in github:12")
    return Repository(forge, int(number), key, 0)
