"""The default branch moved: one deployment for every target that the new tip touches, all in one transaction."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bot.delivery.history import Brought, History, reachable
from bot.delivery.keeping import say
from bot.delivery.returning import locks_to_open, open_lock
from bot.delivery.scene import rendering_of
from bot.domain.config import Config, DeployMode
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.errors import TryLater, UserMistake
from bot.domain.plans import Finding, Level, Plan
from bot.domain.pulls import Repository
from bot.domain.subjects import Target, look_job, plan_job, say_commit_job
from bot.objects.redact import inert
from bot.planning.configs import Configs
from bot.planning.fields import LONGEST
from bot.planning.make import plan_digest
from bot.planning.rendering import tree_at
from bot.planning.touched import touched
from bot.ports.forge import Forge
from bot.ports.ledger import Transaction
from bot.ports.world import Ports


@dataclass(frozen=True, slots=True)
class Tip:
    """A repository's default branch as the forge answers now; `before` is the tip that was delivered last."""

    repository: Repository
    branch: str
    commit: str
    before: str


@dataclass(frozen=True, slots=True)
class Past:
    """A target's deployments so far: the newest one's commit, the newest healthy one's, and where its range begins.

    `carried` is the first one of a target that never was healthy and whose range begins nowhere: what it brought still
    waits to be delivered. `attempt` counts on from earlier deployments of a commit, to which a branch may return.
    """

    newest: str
    healthy: str
    since: str
    carried: Deployment | None = None
    attempt: int = 1


def deliver_tip(ports: Ports, forge: Forge) -> Tip:
    """Make the deployments of the branch's tip. Repeating it for the same tip changes nothing.

    A config that cannot be read delivers nothing, and is said on the commit: what was under way goes on under the older
    one. Raises TryLater when the forge is away.
    """
    branch, commit = forge.pulls.default_branch()
    with ports.ledger.begin() as tx:
        known = tx.repositories.get(forge.repository.key)
    tip = Tip(forge.repository, branch, commit, known.tip if known else "")
    if not commit or (known and (known.branch, known.tip) == (branch, commit)):
        return tip
    ports.workspace.fetch(tip.repository, commit, branch=branch)
    with History(rendering_of(ports), forge) as history:
        try:
            config = history.config(commit)
        except UserMistake as mistake:
            _unreadable(ports, tip, mistake)
            return tip
        rows = _rows(ports, tip, config, history) if config else []
        _keep(ports, tip, rows, locks_to_open(ports, history, tip.commit))
    return tip


def _rows(ports: Ports, tip: Tip, config: Config, history: History) -> list[Deployment]:
    with ports.ledger.begin() as tx:
        known = [each for each in tx.deployments.targets(tip.repository.key) if config.retires(each)]
        pasts = {target: _past(tx, tip, target) for target in (*config.targets(), *known)}
        delivered = {row.commit for target in pasts for row in tx.deployments.of_target(tip.repository.key, target)}
    due = _due(ports, tip, config, pasts, history)
    by_since: dict[str, list[Target]] = defaultdict(list)
    for target in due:
        by_since[pasts[target].since].append(target)
    rows = []
    for since, targets in by_since.items():
        begins = since if since and reachable(rendering_of(ports), tip.repository, since) else ""
        brought = history.brought(begins, tip.commit, targets, {tip.before, *delivered})
        rows += [_row(ports, tip, target, pasts[target], brought[target]) for target in targets]
    return rows


def _keep(ports: Ports, tip: Tip, rows: Sequence[Deployment], opened: Sequence[Target]) -> None:
    """Note the tip and its rows, and open locks of rollbacks; pulls that nobody told us were merged are linked as well.

    Raises TryLater when somebody noted another tip meanwhile: what follows from this one is worked out again from
    there.
    """
    with ports.ledger.begin() as tx:
        if not tx.repositories.move(tip.repository.key, tip.branch, tip.commit, before=tip.before):
            raise TryLater("the tip was moved meanwhile", 1.0)
        for row in rows:
            if tx.deployments.add(row) is not None:
                tx.jobs.put(look_job(row.repository, row.target))
                say(tx, row)
        for target in opened:
            open_lock(tx, (tip.repository.key, target), tip.commit, ports.clock.now())
        for number in {number for row in rows for number in row.pulls}:
            pull = tx.plans.get(tip.repository.key, number)
            if pull is None or not pull.merged_as:
                tx.jobs.put(plan_job(tip.repository.key, number))


def _unreadable(ports: Ports, tip: Tip, mistake: UserMistake) -> None:
    """Say on the commit that its config cannot be read, where a plan would stand."""
    message = inert(str(mistake), LONGEST)
    finding = Finding(Level.BLOCK, "config", message, file=mistake.file, line=mistake.line)
    plan = Plan(tip.commit, tip.before, plan_digest(()), (), note=message, findings=(finding,))
    with ports.ledger.begin() as tx:
        tx.plans.keep_commit(tip.repository.key, tip.commit, plan)
        tx.jobs.put(say_commit_job(tip.repository.key, tip.commit))


def _past(tx: Transaction, tip: Tip, target: Target) -> Past:
    rows = tx.deployments.of_target(tip.repository.key, target)
    if not rows:
        return Past("", "", tip.before)
    # After a rollback the tip is delivered whatever it renders: who comes after this target waits for that.
    newest, first = "" if rows[-1].rollback else rows[-1].commit, rows[0]
    attempt = 1 + max((row.attempt for row in rows if row.commit == tip.commit), default=0)
    healthy = [row.commit for row in rows if row.state is DeploymentState.HEALTHY]
    if healthy or first.since:
        return Past(newest, healthy[-1] if healthy else "", (healthy or [first.since])[-1], attempt=attempt)
    return Past(newest, "", first.commit, first, attempt)


def _due(ports: Ports, tip: Tip, config: Config, pasts: dict[Target, Past], history: History) -> list[Target]:
    """The targets that the tip touches, out of those that are deployed at all."""
    by_newest: dict[str, list[Target]] = defaultdict(list)
    for target in pasts:
        if config.environment(target).deploy is not DeployMode.NEVER:
            by_newest[pasts[target].newest].append(target)
    due = by_newest.pop("", [])
    by_newest.pop(tip.commit, None)
    for newest, targets in by_newest.items():
        maybe = _maybe_touched(ports, tip, history, newest, targets)
        here = {target: history.contents(tip.commit, target) for target in maybe}
        due += [target for target in maybe if history.contents(newest, target) != here[target]]
    return sorted(due)


def _maybe_touched(
    ports: Ports, tip: Tip, history: History, newest: str, targets: Sequence[Target]
) -> Sequence[Target]:
    """The targets that can render differently at the tip than at an older commit, told without rendering."""
    rendering, repository = rendering_of(ports), tip.repository
    if not reachable(rendering, repository, newest):
        return targets
    try:
        head, base = history.config(tip.commit), history.config(newest)
    except UserMistake:
        return targets
    paths = ports.workspace.changed(repository, newest, tip.commit)
    with tree_at(rendering, repository, newest) as before, tree_at(rendering, repository, tip.commit) as after:
        configs = Configs(base, head or Config(apps={}, environments={}))
        return [target for target in targets if touched(target, configs, paths, (before, after))]


def _row(ports: Ports, tip: Tip, target: Target, past: Past, brought: Brought) -> Deployment:
    """The target's new deployment. A branch that is seen for the first time is judged by its own rules: they stood
    there when a repository admin let us in."""
    carried, ours = past.carried, tip.commit if not tip.before else ""
    pulls, rulers, direct = dict(brought.pulls), dict(brought.rulers), list(brought.direct_rulers)
    if carried:
        pulls = {**dict(zip(carried.pulls, carried.heads, strict=True)), **pulls}
        rulers |= dict(zip(carried.pulls, carried.rulers, strict=False))
        direct = list(dict.fromkeys([*carried.direct_rulers, *direct]))
    return Deployment(
        id=0,
        repository=tip.repository.key,
        target=target,
        commit=tip.commit,
        attempt=past.attempt,
        seq=0,
        state=DeploymentState.WAITING,
        base=past.healthy,
        since=past.since,
        pulls=tuple(sorted(pulls)),
        heads=tuple(pulls[number] for number in sorted(pulls)),
        direct=bool(direct),
        rulers=tuple(rulers.get(number, "") or ours for number in sorted(pulls)),
        direct_rulers=tuple(each or ours for each in direct),
        undone=tuple(sorted(brought.undone)),
        changed=ports.clock.now(),
    )
