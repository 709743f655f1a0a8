"""The table of a plan: a row per target, the riskiest first, in the same columns always, so that eyes and scripts find
them. Many targets that stand alike share a row."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.comments.markdown import code, counted, label, listed, table
from bot.comments.phrases import STATES
from bot.comments.tally import Tally, tally
from bot.domain.plans import Level, TargetPlan, TargetState
from bot.objects.redact import inert

BROKEN = (TargetState.ERROR, TargetState.REFUSED, TargetState.UNCHECKED)
FEW = 12
"""So many rows are shown one by one, however alike they are."""
_HEADER = ("Environment", "App", "+", "~", "−", "Drift", "State")


@dataclass(frozen=True, slots=True)
class _Line:
    """One row's cells as Markdown."""

    where: str
    app: str
    state: str
    numbers: tuple[str, ...]


def plan_table(rows: Sequence[TargetPlan], cap: int) -> str:
    """The table, empty without rows. Beyond `cap` rows, how many more there are."""
    if not rows:
        return ""
    every = _together(rows) if len(rows) > FEW else [_Line(label(row.target.environment), *_cells(row)) for row in rows]
    shown, more = every[:cap], len(every) - cap
    lines = [[line.where, line.app, *line.numbers, line.state] for line in shown]
    text = table(_HEADER, range(2, len(_HEADER) - 1), lines)
    return f"{text}\n\n…and {counted(more, 'more row')}." if more > 0 else text


def _together(rows: Sequence[TargetPlan]) -> list[_Line]:
    """Rows of one app whose cells are the same as one, in the order of the first of each. Dangers stand alone."""
    alike: dict[tuple[object, ...], list[TargetPlan]] = {}
    for row in rows:
        alike.setdefault((*_cells(row), row.target if row.dangers else None), []).append(row)
    return [
        _Line(listed([label(row.target.environment) for row in found]), *_cells(found[0])) for found in alike.values()
    ]


def _cells(row: TargetPlan) -> tuple[str, str, tuple[str, ...]]:
    """App, state and numbers; a row that could not be planned has no numbers that mean anything."""
    numbers = tally(row)
    figures = (
        numbers.create,
        numbers.update + numbers.replace + numbers.takeover,
        numbers.delete + numbers.replace,
        numbers.drift,
    )
    known = row.state not in (TargetState.ERROR, TargetState.REFUSED)
    shown = tuple(str(figure) if figure and known else "" for figure in figures)
    return f"**{label(row.target.app)}**", _state(row, numbers), shown


def _state(row: TargetPlan, numbers: Tally) -> str:
    words = (
        (numbers.delete, "delete"),
        (numbers.replace, "replacement"),
        (numbers.takeover, "takeover"),
        (sum(1 for each in row.findings if each.level is Level.BLOCK), "finding"),
    )
    risky = ", ".join(counted(number, word) for number, word in words if number)
    if risky:
        return f"**{risky}**" + (f", to be confirmed: {code(inert(row.word))}" if row.command else "")
    if row.state is TargetState.UNCHANGED and numbers.drift:
        return "drifted"
    return f"**{STATES[row.state]}**" if row.state in BROKEN else STATES[row.state]
