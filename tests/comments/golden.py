"""Writes the golden files of comments anew: `python -m tests.comments.golden`, then read what changed."""

import re
from dataclasses import replace
from pathlib import Path

from bot.comments.candidate import candidate_check
from bot.comments.deployment import Standing, deployment_comment
from bot.comments.issue import commit_issue
from bot.comments.plan import About, failed_comment, fork_comment, nothing_comment, plan_comment, planning_comment
from bot.domain.deployments import Condition, Deployment, DeploymentState, Wait
from bot.domain.subjects import Target
from bot.ports.checks import Check
from tests.comments.picture import shown
from tests.comments.rarer import RARER, huge
from tests.comments.samples import CACHE, HEAD, NEXT, PLANS
from tests.comments.standings import DEPLOYMENTS, deployment

FOLDER = Path(__file__).parents[2] / "fixtures" / "comments"
ABOUT = About(HEAD, page="https://github.com/acme/shop/runs/77")
NEIGHBOURS = ((Target("prod", "web"), 7), (Target("prod", "web"), 12), (Target("staging", "web"), 12))


def comments() -> dict[str, list[str]]:
    """Every comment that has a golden file, by its name."""
    made = {name: plan_comment(plan, ABOUT) for name, plan in (PLANS | RARER).items()}
    made["plan-unchecked"] = plan_comment(PLANS["plan-unchecked"], replace(ABOUT, again=True))
    made["plan-huge"] = [_outline(part) for part in plan_comment(huge(), ABOUT)]
    made["issue-waiting"] = _issue()
    made["plan-again"] = planning_comment(PLANS["plan-change"], replace(ABOUT, head=NEXT))
    made["plan-confirm"] = plan_comment(shown(), ABOUT)
    made["plan-stale"] = plan_comment(PLANS["plan-change"], replace(ABOUT, stale=NEXT, also=NEIGHBOURS))
    made["check-candidate"] = _check(candidate_check(PLANS["plan-danger"], (f"prod/web delete {CACHE}",)))
    made["plan-conflict"] = failed_comment("conflicts with main in apps/web/deploy.yaml", ABOUT)
    made["plan-fork"] = fork_comment(ABOUT)
    made["plan-nothing"] = nothing_comment(ABOUT)
    for name, rows in DEPLOYMENTS.items():
        made[name] = deployment_comment([Standing(row, _newer(name)) for row in rows])
    return made


def _issue() -> list[str]:
    conditions = (
        Condition(Wait.APPROVALS, HEAD[:7], "0 of 1", "whoever has maintain or more"),
        Condition(Wait.WORD, who="ana"),
    )
    waiting = deployment("prod/web", DeploymentState.WAITING, pulls=(), conditions=conditions)
    title, text = commit_issue([waiting], replace(shown(), targets=shown().targets[:1]))
    return [f"# {title}", text]


def _outline(part: str) -> str:
    """A part without what stands in its fences, and of many lines that begin alike the first and the last one."""
    size = f"({len(part):,} characters, {len(part.encode()):,} bytes)"
    bare = re.sub(r"```diff\n.*?```", "```diff …```", part, flags=re.DOTALL)
    return f"{size}\n\n" + re.sub(r"((?:^|\n)[-`][^\n]*)(?:\n+[-`][^\n]*){2,}(\n[-`][^\n]*)", r"\1\n…\2", bare)


def _check(check: Check) -> list[str]:
    return [
        f"# {check.name}: {check.conclusion}\n\n## {check.title}\n\n{check.summary}",
        *([check.text] * bool(check.text)),
    ]


def _newer(name: str) -> Deployment | None:
    if name != "deployment-superseded":
        return None
    return replace(DEPLOYMENTS[name][0], commit=NEXT, seq=2, state=DeploymentState.HEALTHY, pulls=(13,))


def main() -> None:
    """Write every file."""
    FOLDER.mkdir(exist_ok=True)
    for name, parts in comments().items():
        (FOLDER / f"{name}.md").write_text("\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
