"""Whose rules judge a deployment: each pull's are those before its first commit on the default branch (DESIGN §3)."""

from dataclasses import dataclass, replace

from bot.delivery.scene import Scene
from bot.domain.config import Config, Environment, PruneMode
from bot.domain.deployments import Deployment
from bot.domain.errors import UserMistake
from bot.domain.pulls import Repository
from bot.domain.removals import PruneRules, strictest
from bot.domain.subjects import Target
from bot.planning.configs import config_at, rules_at
from bot.ports.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Ruling:
    """One change that a deployment brings, and its target's environment under the rules that judge it.

    number and head are the pull and what it merged; 0 and the deployment's own commit for what came without a pull.
    ruler is the commit of the rules. new: they have no such environment, so its own count, and a repository admin has
    to say deploy once.
    """

    number: int
    head: str
    ruler: str
    environment: Environment
    new: bool = False


def rulings(workspace: Workspace, repository: Repository, row: Deployment) -> tuple[Ruling, ...]:
    """Everything that judges a deployment, at least one. Rules that cannot be read are those of the nearest older
    commit whose can. Raises UserMistake when there are none, or git lost a commit, and TryLater."""
    rulers = dict(zip(row.pulls, row.rulers, strict=False))
    found = [
        _ruling(workspace, repository, row, (number, head, rulers.get(number, "")))
        for number, head in zip(row.pulls, row.heads, strict=True)
    ]
    found += [_ruling(workspace, repository, row, (0, row.commit, ruler)) for ruler in row.direct_rulers]
    return tuple(found) or (_ruling(workspace, repository, row, (0, row.commit, "")),)


def prune_rules(scene: Scene, row: Deployment) -> PruneRules:
    """What holds for deleting and replacing: the strictest of everything that judges it, and of the tip; a rollback
    deletes nothing, whatever they say. Raises as `rulings` does."""
    judged = [each.environment for each in rulings(scene.ports.workspace, scene.repository, row)]
    tip = environment_by(scene.rules, scene.target)
    rules = strictest([*judged, *([tip] if tip else [])])
    return replace(rules, prune=PruneMode.NEVER) if row.rollback else rules


def _ruling(workspace: Workspace, repository: Repository, row: Deployment, change: tuple[int, str, str]) -> Ruling:
    number, head, ruler = change
    rules = _rules(workspace, repository, ruler) if ruler else None
    environment = environment_by(rules, row.target) if rules else None
    if environment is not None:
        return Ruling(number, head, ruler, environment)
    workspace.fetch(repository, row.commit)
    own = config_at(workspace, repository, row.commit, merged=True)
    environment = environment_by(own, row.target) if own else None
    if environment is None:
        raise UserMistake(f"{row.target} is not in the config of {row.commit[:7]}")
    return Ruling(number, head, ruler, environment, new=True)


def _rules(workspace: Workspace, repository: Repository, commit: str) -> Config | None:
    workspace.fetch(repository, commit)
    return rules_at(workspace, repository, commit)


def environment_by(rules: Config, target: Target) -> Environment | None:
    """A target's environment by some rules; an app that they do not have gets the environment's own keys."""
    if rules.names(target):
        return rules.environment(target)
    return rules.environments.get(target.environment)
