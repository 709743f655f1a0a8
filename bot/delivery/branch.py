"""The default branch moved: one deployment for every target that the new tip touches, all in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.delivery.keeping import say
from bot.delivery.scene import rendering_of
from bot.domain.config import Config, DeployMode
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.errors import UserMistake
from bot.domain.pulls import Repository
from bot.domain.subjects import Target, look_job
from bot.objects.canonical import digest
from bot.planning.configs import config_at
from bot.planning.rendering import tree_at
from bot.ports.forge import Forge
from bot.ports.ledger import Transaction
from bot.ports.world import Ports

MOST_COMMITS = 100
"""How many commits of a range are looked at for the pulls they brought; of a longer one, the newest."""


@dataclass(frozen=True, slots=True)
class Tip:
    """A repository's default branch as the forge answers now."""

    repository: Repository
    branch: str
    commit: str


def deliver_tip(ports: Ports, forge: Forge) -> None:
    """Make the deployments of the branch's tip. Repeating it for the same tip changes nothing.

    Raises TryLater when the forge is away, and UserMistake when the config at the tip cannot be read.
    """
    branch, commit = forge.pulls.default_branch()
    tip = Tip(forge.repository, branch, commit)
    ports.workspace.fetch(tip.repository, commit, branch=branch)
    config = config_at(ports.workspace, tip.repository, commit)
    with ports.ledger.begin() as tx:
        newest = {target: _newest(tx, tip, target) for target in config.targets()} if config else {}
    due = _due(ports, tip, config, newest) if config else []
    brought = _Brought(forge)
    rows = [_row(ports, tip, target, newest[target][1], brought) for target in due]
    with ports.ledger.begin() as tx:
        tx.repositories.move(tip.repository.key, branch, commit)
        for row in rows:
            if tx.deployments.add(row) is not None:
                tx.jobs.put(look_job(row.repository, row.target))
                say(tx, row)


def _newest(tx: Transaction, tip: Tip, target: Target) -> tuple[str, str]:
    """The commit of a target's newest deployment, and of its newest healthy one; empty where there is none."""
    rows = tx.deployments.of_target(tip.repository.key, target)
    healthy = [row for row in rows if row.state is DeploymentState.HEALTHY]
    return (rows[-1].commit if rows else "", healthy[-1].commit if healthy else "")


def _due(ports: Ports, tip: Tip, config: Config, newest: dict[Target, tuple[str, str]]) -> list[Target]:
    deployed = [t for t in config.targets() if config.environment(t).deploy is not DeployMode.NEVER]
    here = _contents(ports, tip, tip.commit, deployed)
    due = []
    for target in deployed:
        commit = newest[target][0]
        before = _contents(ports, tip, commit, [target])[target] if commit and commit != tip.commit else None
        if not commit or (commit != tip.commit and before != here[target]):
            due.append(target)
    return due


def _contents(ports: Ports, tip: Tip, commit: str, targets: Sequence[Target]) -> dict[Target, str]:
    """What targets render to at a commit, as one comparable text each; a broken one is its own mistake."""
    found = dict.fromkeys(targets, "")
    config = config_at(ports.workspace, tip.repository, commit)
    with tree_at(rendering_of(ports), tip.repository, commit) as tree:
        for target in targets:
            if config is None or target not in config.targets():
                continue
            app = config.app(target)
            try:
                bodies = [source.body for source in tree.render(app).objects]
                found[target] = digest({"namespace": app.namespace, "objects": bodies})
            except UserMistake as mistake:
                found[target] = f"broken: {mistake}"
    return found


class _Brought:
    """Which pulls brought a commit, asked once per commit."""

    def __init__(self, forge: Forge) -> None:
        self._forge = forge
        self._known: dict[str, tuple[int, ...]] = {}

    def by(self, commit: str) -> tuple[int, ...]:
        if commit not in self._known:
            self._known[commit] = tuple(pull.number for pull in self._forge.pulls.containing(commit))
        return self._known[commit]


def _row(ports: Ports, tip: Tip, target: Target, base: str, brought: _Brought) -> Deployment:
    pulls: set[int] = set()
    before = _contents(ports, tip, base, [target])[target] if base else ""
    for commit in list(ports.workspace.commits(tip.repository, base, tip.commit))[-MOST_COMMITS:]:
        after = _contents(ports, tip, commit, [target])[target]
        if after != before:
            pulls.update(brought.by(commit))
        before = after
    return Deployment(
        id=0,
        repository=tip.repository.key,
        target=target,
        commit=tip.commit,
        attempt=1,
        seq=0,
        state=DeploymentState.WAITING,
        base=base,
        pulls=tuple(sorted(pulls)),
        changed=ports.clock.now(),
    )
