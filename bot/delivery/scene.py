"""What a look finds: the target's rows, the rules as they stand at the tip, and the target as a commit renders it."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.config import Config, Environment
from bot.domain.deployments import Deployment
from bot.domain.errors import UserMistake
from bot.domain.grants import Cluster, Grant
from bot.domain.inventory import Inventory
from bot.domain.pulls import Repository
from bot.domain.subjects import Target, commit_key
from bot.objects.redact import Redactor
from bot.planning.access import granted
from bot.planning.configs import config_at
from bot.planning.make import scope_of, setting_of
from bot.planning.rendering import Rendering, tree_at
from bot.planning.sides import EMPTY, Ready, Sent, Side, make_side
from bot.ports.clusters import ApplyCluster, Inventories
from bot.ports.ledger import ISSUE, KnownRepository
from bot.ports.world import Ports


@dataclass(frozen=True, slots=True)
class Scene:
    """One target's situation. `rules` is the config at the tip of the default branch, read again for this look."""

    ports: Ports
    known: KnownRepository
    target: Target
    rules: Config
    rows: Sequence[Deployment]

    @property
    def repository(self) -> Repository:
        """The repository that is delivered from."""
        return self.known.repository

    @property
    def vanished(self) -> bool:
        """Whether the tip no longer has the target: it is left behind, with what it has made."""
        return not self.rules.has(self.target)

    @property
    def environment(self) -> Environment:
        """The target's environment, by the newest rules."""
        return self.rules.environment(self.target)

    def issue_of(self, commit: str) -> int:
        """The issue of our own where people speak about a commit that came without a pull; 0 while there is none."""
        with self.ports.ledger.begin() as tx:
            said = tx.slots.get(commit_key(self.repository.key, commit), ISSUE)
        return said.id if said else 0

    def fingerprint(self, sent: Sent) -> str:
        """What the inventory remembers of an object's content: keyed, as it may be a Secret."""
        return hmac.digest(self.ports.fingerprint_key, sent.digest.encode(), "sha256").hex()

    def redactor(self) -> Redactor:
        """What every text about this target passes."""
        return Redactor(self.ports.fingerprint_key, self.repository.key, self.target.environment)


@dataclass(frozen=True, slots=True)
class Reach:
    """The target's cluster as the identity that applies, and its inventory."""

    cluster: Cluster
    grant: Grant
    api: ApplyCluster
    inventories: Inventories
    inventory: Inventory


def scene_of(ports: Ports, repository: str, target: Target) -> Scene | None:
    """The situation of a target; None when there is nothing to look at.

    `known.tip` is the newest tip whose config could be read. Raises TryLater, and UserMistake when git lost that tip.
    """
    with ports.ledger.begin() as tx:
        known = tx.repositories.get(repository)
        rows = tx.deployments.of_target(repository, target)
    if known is None or not any(not row.state.ended for row in rows):
        return None
    # Another worker may have fetched it; where it is here already this costs no network.
    ports.workspace.fetch(known.repository, known.tip)
    rules = config_at(ports.workspace, known.repository, known.tip, merged=True) or Config(apps={}, environments={})
    return Scene(ports, known, target, rules, rows)


def reach(scene: Scene) -> Reach:
    """Opens the cluster as `apply_as`. Raises UserMistake when it is not granted, ClusterUnreachable."""
    cluster, grant = granted(scene.ports, scene.repository, scene.environment)
    inventories = scene.ports.clusters.inventories(cluster)
    empty = inventories.name_of(scene.repository.key, scene.target)
    with scene.ports.ledger.begin() as tx:
        rows = tuple(tx.inventory.of(scene.repository.key, scene.target))
    inventory = replace(empty, rows=rows)
    return Reach(cluster, grant, scene.ports.clusters.apply(cluster, grant), inventories, inventory)


def rendered(scene: Scene, commit: str, reached: Reach) -> tuple[Side, Ready]:
    """The target as a commit has it, ready to be sent.

    Raises UserMistake, with file and line, when it is broken, and ClusterUnreachable.
    """
    if commit != scene.known.tip:  # which was fetched to read the rules
        scene.ports.workspace.fetch(scene.repository, commit)
    config = config_at(scene.ports.workspace, scene.repository, commit, merged=True)
    if config is None or not config.has(scene.target):
        raise UserMistake(f"{scene.target} is not in the config of this commit")
    app = config.app(scene.target)
    setting = setting_of(reached.grant, reached.api, certain=True)
    ready = Ready(app, reached.grant, reached.inventory.applyset, scope_of(reached.api), setting)
    if config.retires(scene.target):
        return EMPTY, ready
    with tree_at(rendering_of(scene.ports), scene.repository, commit) as tree:
        objects = tree.render(app, ready.setting).objects
    return make_side(objects, ready), ready


def rendering_of(ports: Ports) -> Rendering:
    """What rendering needs, out of all ports."""
    return Rendering(ports.workspace, ports.renderer, ports.renders)
