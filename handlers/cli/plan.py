"""`plumbline plan`: the same plan on a git repository, without a forge."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bot.comments.plan import About, plan_comment
from bot.comments.plan_json import plan_json
from bot.comments.plan_text import plan_text
from bot.domain.errors import UserMistake
from bot.domain.plans import Plan, TargetPlan, TargetState
from bot.domain.subjects import Target
from bot.planning.make import PlanRequest, make_plan
from bot.ports.workspace import MergeConflict
from bot.wiring import INVENTORIES, OwnAccount, local

FORMATS: Mapping[str, Callable[[Plan], str]] = {
    "text": plan_text,
    "markdown": lambda plan: "\n\n".join(plan_comment(plan, About(plan.head))),
    "json": plan_json,
}


def register(subparsers: Any) -> None:
    """Add the subcommand to argparse's subparsers."""
    parser = subparsers.add_parser(
        "plan",
        help="show what merging a revision would do",
        description="Show what merging --head into --base would do to each target. Without --kubeconfig: the rendered "
        "difference. With it: what the API server itself answers, asked with dry-runs as that account. "
        "Exit code: 0 nothing would be written, 2 something would (drift too), 1 error, as when the cluster did not "
        "answer.",
    )
    parser.add_argument("--repo", type=Path, default=Path(), help="a git repository (default: this folder)")
    parser.add_argument("--base", required=True, help="the revision merged into; its rules hold")
    parser.add_argument("--head", required=True, help="the revision to merge")
    parser.add_argument("--target", action="append", default=[], help="only this target, as in prod/web; repeatable")
    parser.add_argument("--kubeconfig", type=Path, help="the account to ask as; every environment is there")
    parser.add_argument("--context", default="", help="the kubeconfig's context (default: its current one)")
    parser.add_argument(
        "--repository", default="local:0", metavar="FORGE:ID", help="as on the forge, to find its inventory (github:12)"
    )
    parser.add_argument(
        "--inventory-namespace", default=INVENTORIES, metavar="NAME", help="where it is: %(default)s by default"
    )
    parser.add_argument("--format", choices=sorted(FORMATS), default="text", help="default: %(default)s")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the plan; its exit code. Raises UserMistake for what cannot be planned at all."""
    only = tuple(_target(text) for text in options.target)
    if options.kubeconfig and not options.kubeconfig.is_file():
        raise UserMistake(f"there is no kubeconfig {options.kubeconfig}", "correct --kubeconfig, or leave it out")
    own = OwnAccount(options.kubeconfig, options.context, options.inventory_namespace)
    with local(options.repo, options.repository, own) as here:
        base, head = here.resolve(options.base), here.resolve(options.head)
        workspace = here.planner.rendering.workspace
        workspace.fetch(here.repository, base, head)
        merged = workspace.merge(here.repository, base, head)
        if isinstance(merged, MergeConflict):
            raise UserMistake(f"{options.head} conflicts with {options.base} in {', '.join(merged.paths[:5])}")
        request = PlanRequest(here.repository, base, merged, head, only, everything=base == head)
        plan = make_plan(request, here.planner)
    if plan is None:
        raise UserMistake("there is no .plumbline.yaml on either side", "add one, see the README")
    print(FORMATS[options.format](plan))
    return exit_code(plan, asked=options.kubeconfig is not None)


def exit_code(plan: Plan, *, asked: bool) -> int:
    """0 nothing would be written, 2 something would, 1 a row failed, or was not checked although a cluster was asked.

    Without a cluster every row with changes is unchecked, and the rendered difference is all that was wanted.
    """
    failed = (TargetState.ERROR, TargetState.REFUSED, *([TargetState.UNCHECKED] if asked else []))
    if any(row.state in failed for row in plan.targets):
        return 1
    return 2 if any(_writes(row) for row in plan.targets) else 0


def _writes(row: TargetPlan) -> bool:
    """Whether anything would be written for a row. Fields that are left to others are not."""
    return bool(row.changes or row.writes or row.pending) or any(each.reverted for each in row.drifted)


def _target(text: str) -> Target:
    try:
        return Target.parse(text)
    except ValueError as wrong:
        raise UserMistake(str(wrong)) from None
