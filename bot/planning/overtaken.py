"""Whether a plan may come out differently because its base branch moved. Nothing is rendered. Unsure means yes."""

from dataclasses import dataclass

from bot.domain.config import CONFIG_FILE
from bot.domain.errors import UserMistake
from bot.domain.pulls import Repository
from bot.domain.subjects import Target
from bot.planning.configs import Configs, configs_of
from bot.planning.rendering import Rendering, tree_at
from bot.planning.touched import touched


@dataclass(frozen=True, slots=True)
class Planned:
    """What was planned: a pull's head, merged into base, and the targets that its plan has a row for."""

    head: str
    base: str
    targets: frozenset[Target]


def overtaken(rendering: Rendering, repository: Repository, planned: Planned, tip: str) -> bool:
    """Whether what came to the base branch since touches a target that the pull touches too, a file that it changes,
    or the config. All three commits have been fetched."""
    try:
        return planned.base != tip and _overlaps(rendering, repository, planned, tip)
    except UserMistake:
        return True


def _overlaps(rendering: Rendering, repository: Repository, planned: Planned, tip: str) -> bool:
    workspace = rendering.workspace
    theirs = workspace.changed(repository, planned.base, tip)
    fork = workspace.merge_base(repository, tip, planned.head)
    if fork is None or CONFIG_FILE in theirs:
        return True
    ours = workspace.changed(repository, fork, planned.head)
    if set(ours) & set(theirs):
        return True
    configs = configs_of(workspace, repository, planned.base, tip)
    if configs is None:
        return False
    with tree_at(rendering, repository, planned.base) as before, tree_at(rendering, repository, tip) as after:
        here = Configs(configs.head, configs.head)
        return any(
            (target in planned.targets or CONFIG_FILE in ours or touched(target, here, ours, (after, after)))
            and touched(target, configs, theirs, (before, after))
            for target in configs.head.targets()
        )
