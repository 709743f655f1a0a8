"""What a merge queue's candidate would do that nobody saw: dangers beyond those that its pulls' plans showed."""

from collections.abc import Iterable

from bot.domain.plans import Plan, TargetPlan


def unshown(candidate: Plan, shown: Iterable[Plan]) -> tuple[str, ...]:
    """The dangers of a candidate's plan that none of these plans has, each behind its target: `prod/web delete …`.

    What others merged before and nobody deployed yet was shown on their pulls and does not count.
    """
    seen = {(row.target, danger) for plan in shown for row in plan.targets for danger in row.dangers}
    return tuple(
        f"{row.target} {danger}"
        for row in candidate.targets
        for danger in row.dangers
        if (row.target, danger) not in seen and danger not in _pending(row)
    )


def _pending(row: TargetPlan) -> tuple[str, ...]:
    return TargetPlan(row.target, row.state, writes=row.pending).dangers
