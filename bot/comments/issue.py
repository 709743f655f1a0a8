"""The issue of a commit that came without a pull: where it stands, what it does, and where people give their word."""

from collections.abc import Sequence

from bot.comments.deployment import Standing, deployment_parts
from bot.comments.markdown import code, named
from bot.comments.parts import pack
from bot.comments.phrases import PREFIX
from bot.comments.plan import About, plan_folds, plan_footer, plan_head
from bot.domain.deployments import Deployment
from bot.domain.plans import Plan
from bot.objects.redact import inert


def commit_issue(rows: Sequence[Deployment], plan: Plan | None, prefix: str = PREFIX) -> tuple[str, str]:
    """Title (plain) and text for a commit's deployments, of which is one at least, and its plan, if one is kept."""
    commit = rows[0].commit[:7]
    places = ", ".join(sorted({row.target.environment for row in rows}))
    title = inert(f"{commit} waits to be deployed to {places}", 200).plain
    words = [named(f"{prefix} {each}") for each in ("approve", "deploy", "explain")]
    why = (
        f"Commit {code(inert(commit))} came to the default branch without a pull request, "
        f"so what people have to say about it is said here: {', '.join(words)}."
    )
    stands, sections = deployment_parts([Standing(row) for row in rows], prefix)
    head, about = f"{why}\n\n{stands}", About(rows[0].commit, prefix, landed=True, again=True)
    if plan is None:
        return title, pack(head, sections, f"<sub>commit {code(inert(commit))}</sub>", 1)[0]
    both = f"{head}\n\n{plan_head(plan, about, head)}"
    return title, pack(both, [*sections, *plan_folds(plan, about)], plan_footer(plan, about), 1)[0]
