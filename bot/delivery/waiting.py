"""Waiting: which conditions of a deployment are unmet, judged anew at each look."""

from collections.abc import Mapping, Sequence

from bot.delivery.namespaces import still_missing
from bot.delivery.scene import Scene
from bot.domain.config import Config, DeployMode, Environment
from bot.domain.deployments import Condition, Deployment, DeploymentState, Wait
from bot.domain.errors import UserMistake
from bot.domain.subjects import Target
from bot.planning.configs import config_at


def unmet(scene: Scene, row: Deployment) -> tuple[Condition, ...]:
    """What a row still waits for. A rule that this version cannot judge counts as unmet.

    Raises UserMistake when the row's commit is no longer to be had.
    """
    judges = judges_of(scene, row)
    environments = [_environment(judge, scene) for judge in judges]
    conditions = [Condition(Wait.UNSUPPORTED, rule) for rule in _unsupported(environments, _floor(scene))]
    if scene.environment.deploy is DeployMode.NEVER:
        conditions.append(Condition(Wait.UNSUPPORTED, "deploy: never"))
    elif any(environment.deploy is not DeployMode.ON_MERGE for environment in environments) and not row.word:
        conditions.append(Condition(Wait.WORD))
    conditions += _order(scene, row, judges[0])
    if _rewritten(scene, row):
        conditions.append(Condition(Wait.UNSUPPORTED, "history"))
    conditions += [each for each in row.conditions if each.wait is Wait.CONFIRMATION and each.subject != row.confirmed]
    conditions += still_missing(scene, row)
    return tuple(conditions)


def judges_of(scene: Scene, row: Deployment) -> list[Config]:
    """The configs under whose rules a row stands: those before each change it brings, newest first, or its own where
    there were none. The tip's is among them, so that a rule that was tightened meanwhile holds, and one that the row
    itself loosened does not."""
    judges = []
    for commit in reversed(row.ruled_by or (row.commit,)):
        try:
            scene.ports.workspace.fetch(scene.repository, commit)
            config = config_at(scene.ports.workspace, scene.repository, commit)
        except UserMistake:
            continue
        if config is not None and scene.target.environment in config.environments:
            judges.append(config)
    return [*judges, scene.rules]


def _environment(judge: Config, scene: Scene) -> Environment:
    """The target's environment by one config; an app that it does not have gets the environment's own keys."""
    if scene.target in judge.targets():
        return judge.environment(scene.target)
    return judge.environments[scene.target.environment]


def _floor(scene: Scene) -> int:
    """The approvals that the operator asks for, whatever the repository's rules say."""
    environment = scene.environment
    found = scene.ports.operator.grant(environment.cluster, scene.repository.address, environment.name)
    return found[1].floor_approvals if found else 0


def _unsupported(environments: Sequence[Environment], floor: int) -> list[str]:
    found = []
    if floor > 0 or any(environment.approvals > 0 for environment in environments):
        found.append("approvals")
    if any(environment.windows for environment in environments):
        found.append("windows")
    return found


def _order(scene: Scene, row: Deployment, judge: Config) -> list[Condition]:
    """The targets that a row still has to come after.

    A row stands for every commit from its own up to the next that touches its target. At one of these commits the
    newest deployment of each named target has to have been healthy.
    """
    named = _named(scene, judge)
    if not named:
        return []
    place = _places(scene, row)
    following = [place.get(each.commit, -1) for each in scene.rows if each.seq > row.seq]
    end = min((each for each in following if each > 0), default=len(place))
    with scene.ports.ledger.begin() as tx:
        others = {each: tx.deployments.of_target(row.repository, each) for each in named}
    begins = {place.get(other.commit, -1) for rows in others.values() for other in rows}
    late: list[Target] = []
    for at in sorted({0, *(each for each in begins if 0 < each < end)}):
        late = [each for each, rows in others.items() if not _healthy(rows, place, at)]
        if not late:
            return []
    return [Condition(Wait.ORDER, str(each)) for each in late]


def _named(scene: Scene, judge: Config) -> list[Target]:
    """The targets this one comes after: the same app in earlier environments, and what it needs in its own."""
    target = scene.target
    named = [Target(environment, target.app) for environment in _environment(judge, scene).after]
    named += [Target(target.environment, needed) for needed in scene.rules.app(target).needs]
    exists = scene.rules.targets()
    return [each for each in named if each in exists]


def _places(scene: Scene, row: Deployment) -> Mapping[str, int]:
    """Where commits stand on the branch, counted from the row's own; older ones and strangers are not in it."""
    later = scene.ports.workspace.commits(scene.repository, row.commit, scene.known.tip)
    return {commit: at for at, commit in enumerate((row.commit, *later))}


def _healthy(rows: Sequence[Deployment], place: Mapping[str, int], at: int) -> bool:
    """Whether a target's newest deployment up to a place has been healthy. One never touched until then is skipped."""
    until = [row for row in rows if place.get(row.commit, -1) <= at]
    if not until:
        return True
    newest = max(until, key=lambda row: (place.get(row.commit, -1), row.seq))
    return any(row.state is DeploymentState.HEALTHY for row in until if row.commit == newest.commit)


def _rewritten(scene: Scene, row: Deployment) -> bool:
    """Whether the branch was rewritten, so that the row does not contain the newest commit whose applying began."""
    began = [each for each in scene.rows if each.started and each.seq < row.seq]
    if not began:
        return False
    try:
        return not scene.ports.workspace.is_ancestor(scene.repository, began[-1].commit, row.commit)
    except UserMistake:
        return True


def newest_eligible(conditions: Sequence[tuple[Deployment, tuple[Condition, ...]]]) -> Deployment | None:
    """The newest waiting row with nothing unmet."""
    eligible = [row for row, missing in conditions if not missing]
    return max(eligible, key=lambda row: row.seq) if eligible else None
