"""Waiting: which conditions of a deployment are unmet, judged anew at each look. Whatever cannot be judged is unmet."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import reduce
from zoneinfo import ZoneInfo

from bot.delivery.approving import missing_approvals, overridden, word_of_admin
from bot.delivery.judging import Ruling, rulings
from bot.delivery.namespaces import still_missing
from bot.delivery.order import late, named_by
from bot.delivery.scene import Scene
from bot.domain.config import DeployMode, Environment
from bot.domain.deployments import OVERRIDES, Condition, Deployment, Wait
from bot.domain.errors import UserMistake
from bot.domain.permissions import who_may_deploy
from bot.domain.stops import locks_on
from bot.domain.windows import opens


def unmet(scene: Scene, row: Deployment) -> tuple[Condition, ...]:
    """What a row still waits for. Every change is judged under the rules from before it; order and windows under the
    newest of these. Raises UserMistake when its commit or its rules are no longer to be had, and TryLater.
    """
    judged = rulings(scene.ports.workspace, scene.repository, row)
    newest = reduce(lambda one, other: _newer(scene, one, other), judged).environment
    conditions = [
        *_word(scene, row, judged),
        *missing_approvals(scene, row, judged),
        *_stops(scene, row),
        *_window(newest, scene.ports.clock.now()),
        *_order(scene, row, newest),
        *([Condition(Wait.HISTORY)] if _rewritten(scene, row) else []),
        *(each for each in row.conditions if each.wait is Wait.CONFIRMATION and each.subject != row.confirmed),
        *still_missing(scene, row),
    ]
    free = {each for each in OVERRIDES if any(one.wait is each for one in conditions) and overridden(scene, row, each)}
    if row.rollback:
        free |= {Wait.ORDER, Wait.WINDOW, Wait.HISTORY}
    return tuple(each for each in conditions if each.wait not in free)


def _newer(scene: Scene, one: Ruling, other: Ruling) -> Ruling:
    """Whichever is judged by the newer commit."""
    if not one.ruler or not other.ruler:
        return one if one.ruler else other
    workspace = scene.ports.workspace
    return other if workspace.is_ancestor(scene.repository, one.ruler, other.ruler) else one


def _word(scene: Scene, row: Deployment, judged: Sequence[Ruling]) -> list[Condition]:
    """`deploy: never` at the tip stops it, a first config or a new environment needs a repository admin's word, and
    anything but on-merge under any of the rules needs a deployer's."""
    if scene.environment.deploy is DeployMode.NEVER:
        return [Condition(Wait.NEVER, scene.target.environment)]
    if any(each.new for each in judged) and not word_of_admin(scene, row):
        return [Condition(Wait.ADMIN, scene.target.environment)]
    asking = [each for each in [each.environment for each in judged] + [scene.environment] if _asks(each)]
    if asking and not row.word:
        return [Condition(Wait.WORD, who=who_may_deploy(asking[0].deployers))]
    return []


def _asks(environment: Environment) -> bool:
    return environment.deploy is not DeployMode.ON_MERGE


def _stops(scene: Scene, row: Deployment) -> list[Condition]:
    """Holds on pulls that the row contains, and locks of its place."""
    with scene.ports.ledger.begin() as tx:
        holds, locks = tx.holds.of(row.repository), tx.locks.of(row.repository)
    held = [Condition(Wait.HOLD, f"#{each.number}", who=each.login) for each in holds if each.number in row.pulls]
    now = scene.ports.clock.now()
    return held + [
        Condition(Wait.LOCK, each.place, each.reason, each.login)
        for each in locks_on(locks, scene.target, now)
        if not (each.rollback and row.rollback)
    ]


def _window(environment: Environment, now: float) -> list[Condition]:
    """Whether deploying is allowed now; else when it is again, on the clocks of the first window's zone."""
    at = opens(environment.windows, now)
    if at == now:
        return []
    if at is None:
        return [Condition(Wait.WINDOW)]
    zone = environment.windows[0].zone
    return [Condition(Wait.WINDOW, f"{datetime.fromtimestamp(at, ZoneInfo(zone)):%a %Y-%m-%d %H:%M} {zone}")]


def _order(scene: Scene, row: Deployment, environment: Environment) -> list[Condition]:
    """The targets that a row still has to come after."""
    named = named_by(scene.target, environment, scene.rules)
    if not named:
        return []
    with scene.ports.ledger.begin() as tx:
        others = {each: tx.deployments.of_target(row.repository, each) for each in named}
    return [Condition(Wait.ORDER, str(each)) for each in late(row, scene.rows, others, _places(scene, row))]


def _places(scene: Scene, row: Deployment) -> Mapping[str, int]:
    """Where commits stand on the branch, counted from the row's own; older ones and strangers are not in it."""
    later = scene.ports.workspace.commits(scene.repository, row.commit, scene.known.tip)
    return {commit: at for at, commit in enumerate((row.commit, *later))}


def _rewritten(scene: Scene, row: Deployment) -> bool:
    """Whether the branch was rewritten, so that the row does not contain the newest commit whose applying began."""
    began = [each for each in scene.rows if each.started and each.seq < row.seq]
    if not began:
        return False
    try:
        return not scene.ports.workspace.is_ancestor(scene.repository, began[-1].commit, row.commit)
    except UserMistake:
        return True
