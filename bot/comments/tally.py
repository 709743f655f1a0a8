"""What a plan comes to in numbers: per target, and as the one line that says it all."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.comments.markdown import counted, listed
from bot.domain.plans import Level, Plan, TargetPlan, TargetState, Verb
from bot.objects.redact import inert

_BROKEN = (TargetState.ERROR, TargetState.REFUSED)


@dataclass(frozen=True, slots=True)
class Tally:
    """Objects that will be written, by verb, and objects that have drifted."""

    create: int = 0
    update: int = 0
    delete: int = 0
    replace: int = 0
    takeover: int = 0
    drift: int = 0


def tally(row: TargetPlan) -> Tally:
    """The numbers of one row: what will really be written, which is more than the pull's own change after drift.

    An object that goes since its contents have a new hash counts with the one that comes.
    """
    verbs = [change.verb for change in row.writes if change.successor is None]
    return Tally(
        create=verbs.count(Verb.CREATE),
        update=verbs.count(Verb.UPDATE) + verbs.count(Verb.MOVE),
        delete=verbs.count(Verb.DELETE),
        replace=verbs.count(Verb.REPLACE),
        takeover=verbs.count(Verb.TAKEOVER),
        drift=sum(1 for each in row.drifted if each.reverted),
    )


def verdict(plan: Plan) -> str:
    """The plan in one line of plain text: `2 apps change in prod and staging · 1 delete · drift on 2 objects`."""
    if plan.note:
        return plan.note.plain
    broken = [row for row in plan.targets if row.state in _BROKEN]
    said = [f"{counted(len(broken), 'target')} could not be planned"] if broken else []
    said.append(_changing(plan.targets))
    said += _risks(plan)
    drifted = sum(tally(row).drift for row in plan.targets)
    said += [f"drift on {counted(drifted, 'object')}"] if drifted else []
    unchecked = [row for row in plan.targets if row.state is TargetState.UNCHECKED]
    said += [f"{len(unchecked)} not checked"] if unchecked else []
    return " · ".join(part for part in said if part)


def _changing(rows: Sequence[TargetPlan]) -> str:
    changing = [row for row in rows if row.changes]
    if not changing:
        good = [row for row in rows if row.state not in _BROKEN]
        return "no changes" if good or not rows else ""
    apps = sorted({row.target.app for row in changing})
    where = sorted({row.target.environment for row in changing})
    places = listed([inert(each).plain for each in where]) if len(where) <= 3 else f"{len(where)} environments"
    if len(apps) == 1:
        return f"{inert(apps[0]).plain} changes in {places}"
    return f"{len(apps)} apps change in {places}"


def _risks(plan: Plan) -> list[str]:
    numbers = [tally(row) for row in plan.targets]
    words = (("delete", "delete"), ("replace", "replacement"), ("takeover", "takeover"))
    said = [(sum(getattr(each, verb) for each in numbers), word) for verb, word in words]
    findings = [*plan.findings, *(each for row in plan.targets for each in row.findings)]
    blocks = sum(1 for each in findings if each.level is Level.BLOCK)
    return [counted(number, word) for number, word in said if number] + ([f"{blocks} to be accepted"] if blocks else [])
