"""The plan for a terminal, as `plumbline plan` prints it: plain text, no colour, nothing left out."""

from collections.abc import Iterator

from bot.comments.objects import diff_lines, riskiest, shown_changes
from bot.comments.phrases import LEVELS, STATES, VERBS, is_the_error
from bot.comments.tally import tally, verdict
from bot.domain.plans import Change, Drifted, Finding, Plan, TargetPlan
from bot.objects.redact import Redacted, inert


def plan_text(plan: Plan) -> str:
    """The plan as text that ends with a line end."""
    lines = [f"Plan: {plan.note.plain if plan.note else verdict(plan)}"]
    lines += [_finding(each, "") for each in plan.findings]
    for row in plan.targets:
        lines += ["", *_target(row)]
    lines += ["", f"head {plan.head[:7]}  base {plan.base[:7]}  plan {plan.digest[:8]}"]
    return "\n".join(lines) + "\n"


def _target(row: TargetPlan) -> Iterator[str]:
    numbers = tally(row)
    figures = (
        (numbers.create, "create"),
        (numbers.update, "update"),
        (numbers.delete, "delete"),
        (numbers.replace, "replace"),
        (numbers.takeover, "take over"),
        (numbers.drift, "drifted"),
    )
    counts = ", ".join(f"{number} {word}" for number, word in figures if number)
    yield f"{inert(str(row.target)).plain}: {STATES[row.state]}{f' ({counts})' if counts else ''}"
    if row.error is not None:
        place = f"{row.error_file}:{row.error_line}: " if row.error_line else f"{row.error_file}: "
        yield f"  {inert(place).plain if row.error_file else ''}{row.error.plain}"
    for finding in row.findings:
        if not is_the_error(row, finding):
            yield _finding(finding, "  ")
    for change in riskiest(shown_changes(row)):
        yield from _change(change)
    if row.pending:
        yield "  merged but not deployed yet:"
        for change in riskiest(row.pending):
            yield from _change(change)
    if row.drifted:
        yield "  already drifted:"
        for drifted in row.drifted:
            yield from _drifted(drifted)


def _change(change: Change) -> Iterator[str]:
    later = "" if change.checked else " (checked on apply)"
    yield f"  {VERBS[change.verb]} {inert(str(change.object)).plain}{later}"
    for line in diff_lines(change):
        yield f"    {line}"


def _drifted(drifted: Drifted) -> Iterator[str]:
    yield f"  {inert(str(drifted.object)).plain}{' was deleted' if drifted.gone else ''}"
    for each in drifted.fields:
        by = f" – by {inert(each.manager).plain}" if each.manager else ""
        at = f" at {inert(each.time).plain}" if each.time else ""
        values = f"live {_value(each.live)}, ours {_value(each.ours)}"
        if each.foreign:
            values = f"{f'{_value(each.live)}, ' if each.live else ''}not in Git and left alone"
        yield f"    {inert(each.path).plain}: {values}{by}{at}"


def _finding(finding: Finding, indent: str) -> str:
    place = f"{finding.file}:{finding.line}: " if finding.line else f"{finding.file}: " if finding.file else ""
    about = f"{finding.object}: " if finding.object else ""
    return f"{indent}{LEVELS[finding.level]}: {inert(place + about).plain}{finding.message.plain}"


def _value(value: Redacted | None) -> str:
    return value.plain if value is not None else "nothing"
