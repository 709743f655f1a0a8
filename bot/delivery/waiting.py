"""Waiting: which conditions of a deployment are unmet, judged anew at each look."""

from collections.abc import Sequence

from bot.delivery.scene import Scene
from bot.domain.config import DeployMode, Environment
from bot.domain.deployments import Condition, Deployment, DeploymentState, Wait
from bot.domain.subjects import Target


def unmet(scene: Scene, row: Deployment) -> tuple[Condition, ...]:
    """What a row still waits for. A rule that this version cannot judge counts as unmet."""
    environment = scene.environment
    conditions = [Condition(Wait.UNSUPPORTED, rule) for rule in _unsupported(environment)]
    if environment.deploy is not DeployMode.ON_MERGE and not row.word:
        conditions.append(Condition(Wait.WORD))
    conditions += [Condition(Wait.ORDER, str(named)) for named in _named(scene) if not _passed(scene, row, named)]
    conditions += [each for each in row.conditions if each.wait is Wait.CONFIRMATION and each.subject != row.confirmed]
    return tuple(conditions)


def _unsupported(environment: Environment) -> list[str]:
    return [
        name
        for name, wanted in (("approvals", environment.approvals > 0), ("windows", bool(environment.windows)))
        if wanted
    ]


def _named(scene: Scene) -> list[Target]:
    """The targets this one comes after: the same app in earlier environments, and what it needs in its own."""
    target = scene.target
    app = scene.rules.app(target)
    named = [Target(environment, target.app) for environment in scene.environment.after]
    named += [Target(target.environment, needed) for needed in app.needs]
    exists = scene.rules.targets()
    return [each for each in named if each in exists]


def _passed(scene: Scene, row: Deployment, named: Target) -> bool:
    """Whether, at one of the commits that a row stands for, the named target's newest deployment has been healthy.

    A target that was never touched is skipped.
    """
    with scene.ports.ledger.begin() as tx:
        others = tx.deployments.of_target(row.repository, named)
    if not others:
        return True
    following = next((each for each in scene.rows if each.seq > row.seq and each.commit != row.commit), None)
    for index, other in enumerate(others):
        begins_in_time = following is None or _before(scene, other.commit, following.commit)
        newer = next((each for each in others[index + 1 :] if each.commit != other.commit), None)
        still_newest = newer is None or _before(scene, row.commit, newer.commit)
        if begins_in_time and still_newest and other.state is DeploymentState.HEALTHY:
            return True
    return not any(_reaches(scene, other.commit, row, following) for other in others)


def _before(scene: Scene, older: str, newer: str) -> bool:
    """Whether a commit comes strictly before another."""
    return older != newer and scene.ports.workspace.is_ancestor(scene.repository, older, newer)


def _reaches(scene: Scene, commit: str, row: Deployment, following: Deployment | None) -> bool:
    """Whether a commit lies before the end of what a row stands for, so that it counts for its order."""
    return following is None or _before(scene, commit, following.commit)


def newest_eligible(scene: Scene, conditions: Sequence[tuple[Deployment, tuple[Condition, ...]]]) -> Deployment | None:
    """The newest waiting row with nothing unmet."""
    eligible = [row for row, missing in conditions if not missing]
    return max(eligible, key=lambda row: row.seq) if eligible else None
