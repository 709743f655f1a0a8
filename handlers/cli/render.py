"""`plumbline render`: a target's objects as they are sent, in the order in which they are."""

import argparse
from pathlib import Path
from typing import Any

import yaml

from bot.domain.errors import UserMistake
from bot.domain.subjects import Target
from bot.objects.hooks import run_of, runs_once
from bot.objects.order import waves
from bot.planning.configs import config_at
from bot.planning.make import scope_of
from bot.planning.rendering import tree_at
from bot.planning.sides import Ready, make_side
from bot.wiring import INVENTORIES, Local, OwnAccount, local


def register(subparsers: Any) -> None:
    """Add the subcommand to argparse's subparsers."""
    parser = subparsers.add_parser("render", help="print a target's objects as they are sent, as YAML")
    parser.add_argument("target", help="environment/app, as in prod/web")
    parser.add_argument("--repo", type=Path, default=Path(), help="a git repository (default: this folder)")
    parser.add_argument("--revision", default="HEAD", help="default: %(default)s")
    parser.add_argument(
        "--repository", default="local:0", metavar="FORGE:ID", help="as on the forge, for our label (github:12)"
    )
    parser.add_argument(
        "--inventory-namespace",
        default=INVENTORIES,
        metavar="NAME",
        help="of the target's cluster, for our label: %(default)s by default",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the objects, secrets included, as they would be sent. Raises UserMistake when they cannot be rendered."""
    with local(options.repo, options.repository, OwnAccount(inventories=options.inventory_namespace)) as here:
        commit = here.resolve(options.revision)
        here.planner.rendering.workspace.fetch(here.repository, commit)
        bodies = _bodies(here, commit, options.target)
    print(yaml.safe_dump_all(bodies, sort_keys=False, allow_unicode=True), end="")
    return 0


def _bodies(here: Local, commit: str, text: str) -> list[dict[str, Any]]:
    config = config_at(here.planner.rendering.workspace, here.repository, commit)
    try:
        target = Target.parse(text)
    except ValueError as wrong:
        raise UserMistake(str(wrong)) from None
    if config is None:
        raise UserMistake(f"commit {commit[:7]} has no .plumbline.yaml", "add one, see the README")
    if not config.names(target):
        known = ", ".join(map(str, config.targets())) or "none"
        raise UserMistake(f"there is no target {target}", f"targets are: {known}")
    app = config.app(target)
    access = here.planner.accesses.open(target, config.environment(target))
    with tree_at(here.planner.rendering, here.repository, commit) as tree:
        side = make_side(tree.render(app).objects, Ready(app, None, access.applyset, scope_of(None)))
    sent = [each.body for each in (*side.objects.values(), *side.hooks.values())]
    return [run_of(body, commit, 1) if runs_once(body) else body for step in waves(sent) for body in step]
