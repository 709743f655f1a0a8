"""What we last wrote (A): each inventory row's object, rendered again from the commit that row names."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.errors import UserMistake
from bot.domain.inventory import InventoryRow
from bot.domain.pulls import Repository
from bot.domain.subjects import Target
from bot.objects.identity import ObjectKey
from bot.planning.configs import config_at
from bot.planning.rendering import Rendering, tree_at
from bot.planning.sides import Ready, Sent, Side, make_side


def applied_objects(
    rendering: Rendering, repository: Repository, target: Target, rows: Sequence[InventoryRow], ready: Ready
) -> Mapping[ObjectKey, Sent]:
    """A for every row whose commit still renders it. A row that cannot be rendered again is left out."""
    commits: dict[str, list[InventoryRow]] = defaultdict(list)
    for row in rows:
        commits[row.commit].append(row)
    found: dict[ObjectKey, Sent] = {}
    for commit, of_commit in commits.items():
        side = side_at(rendering, repository, target, commit, ready)
        found |= {row.object: side.objects[row.object] for row in of_commit if side and row.object in side.objects}
    return found


def side_at(rendering: Rendering, repository: Repository, target: Target, commit: str, ready: Ready) -> Side | None:
    """A target as an older commit has it, by that commit's own config; None where it cannot be had any more."""
    try:
        config = config_at(rendering.workspace, repository, commit, merged=True)
        if config is None or not config.names(target):
            return None
        app = config.app(target)
        with tree_at(rendering, repository, commit) as tree:
            rendered = tree.render(app, ready.setting)
        return make_side(rendered.objects, replace(ready, app=app))
    except UserMistake:
        return None
