"""The comment in the slot `plan`: what merging does, for people who read it on a phone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.comments.fold import folds
from bot.comments.markdown import alert, code, label, listed, named, prose, worded
from bot.comments.neighbours import also_changed, overtaken
from bot.comments.parts import MOST, Section, fits, pack
from bot.comments.phrases import PREFIX, dangers, finding, is_the_error
from bot.comments.plan_table import BROKEN, plan_table
from bot.comments.tally import verdict
from bot.domain.plans import Level, Plan, TargetPlan, TargetState
from bot.domain.subjects import Target
from bot.objects.redact import Redacted, inert, inert_lines

_UNCHECKED = "not checked against the cluster"
_CAPS = (60, 30, 15, 7, 3)


@dataclass(frozen=True, slots=True)
class About:
    """What a plan comment says besides the plan: the head as it is now, how commands begin, the check's page.

    `stale` is the tip of the base branch that overtook the plan, if one did; `also` are the plan's targets that other
    open pulls change too, with their numbers, sorted. `landed`: it is no pull, but a commit that came without one.
    `again`: what a cluster did not answer for is planned again by itself.
    """

    head: str
    prefix: str = PREFIX
    page: str = ""
    stale: str = ""
    also: Sequence[tuple[Target, int]] = ()
    landed: bool = False
    again: bool = False


def plan_comment(plan: Plan, about: About, most: int = MOST) -> list[str]:
    """The parts of a finished plan's comment, at most so many. When the head has moved on since, it says so on top."""
    if plan.note is not None:
        note = alert("WARNING", [worded(plan.note)]) if plan.failed else worded(plan.note)
        return [f"### Plan: nothing was planned\n\n{note}\n\n{_head_only(about)}"]
    return pack(plan_head(plan, about), plan_folds(plan, about), plan_footer(plan, about), most)


def planning_comment(plan: Plan | None, about: About) -> list[str]:
    """While a newer head is being planned: the plan that is there, marked as old."""
    now = f"Planning {_commit(about.head)} …"
    if plan is None:
        return [f"### Plan: on its way\n\n{now}"]
    if plan.head == about.head:
        return plan_comment(plan, about)
    first, *others = plan_comment(plan, replace(about, head=plan.head))
    note = alert("NOTE", [f"{now} What follows is the plan of {_commit(plan.head)}."])
    return [f"{note}\n\n{first}", *others]


def failed_comment(error: str, about: About) -> list[str]:
    """When no plan could be made at all. error is plain text that was redacted when it was kept."""
    lines = [worded(line) for line in inert_lines(error) if line.plain.strip()] or ["no reason was given"]
    again = f"It is planned again on the next push, or with {code(inert(f'{about.prefix} plan'))}."
    return [f"### Plan: it could not be made\n\n{alert('WARNING', lines)}\n\n{again}\n\n{_head_only(about)}"]


def nothing_comment(about: About) -> list[str]:
    """For a pull that once had a plan and now touches nothing that is deployed."""
    return [f"### Plan: nothing here any more\n\nThis pull changes nothing that is deployed.\n\n{_head_only(about)}"]


def elsewhere_comment(base: str, about: About) -> list[str]:
    """For a pull that was retargeted to a branch that is not deployed. base may be empty when it is not known."""
    where = f"It merges into {named(base)}, which is not deployed." if base else "It merges into another branch."
    return [f"### Plan: not deployed from here\n\n{where} Only the default branch is.\n\n{_head_only(about)}"]


def fork_comment(about: About) -> list[str]:
    """For a pull whose head lives in a fork: nothing of it is rendered until a person says so."""
    text = "This pull comes from a fork, so nothing of it is rendered before somebody who can write here looked at it."
    word = code(inert(f"{about.prefix} ok-to-plan"))
    then = (
        f"Read {_commit(about.head)}, then write {word}. It counts for this commit alone and shows what changes in the "
    )
    then += "manifests. No cluster is asked before the merge."
    return [f"### Plan: waiting for a person\n\n{text}\n\n{then}\n\n{_head_only(about)}"]


def plan_folds(plan: Plan, about: About) -> list[Section]:
    """Everything between head and footer."""
    return folds(plan, about.prefix, landed=about.landed)


def plan_head(plan: Plan, about: About, beside: str = "") -> str:
    """Everything above the folds, with its lists cut until it fits into one part, beside what stands there already."""
    shown = ""
    for cap in _CAPS:
        shown = "\n\n".join(part for part in _head_parts(plan, about, cap) if part)
        if fits(beside + shown + " " * 2000):
            break
    return shown


def _head_parts(plan: Plan, about: About, cap: int) -> list[str]:
    rows = sorted(plan.targets, key=_risk)
    loud = [row for row in rows if not _quiet(row)]
    quiet = [named(row.target) for row in rows if _quiet(row)]
    moved = f"The head is {_commit(about.head)} by now; this is the plan of {_commit(plan.head)}."
    return [
        f"### Plan: {prose(inert(verdict(plan), 1000))}",
        alert("NOTE", [moved]) if about.head != plan.head else "",
        alert("NOTE", [overtaken(about.stale)]) if about.stale else "",
        plan_table(loud, cap),
        f"Unchanged: {listed(quiet, 8)}." if quiet else "",
        also_changed(about.also),
        _box("CAUTION", _loud(plan, rows, about), cap),
        _box("WARNING", _errors(rows, about), cap),
        _box("WARNING", _warnings(plan), cap),
    ]


def _loud(plan: Plan, rows: Sequence[TargetPlan], about: About) -> list[str]:
    """Every danger, and what a deployer has to accept of the config itself."""
    looser = [finding(each) for each in plan.findings if each.level is Level.BLOCK]
    return [each for row in rows for each in dangers(row, about.prefix, landed=about.landed)] + looser


def _box(kind: str, lines: Sequence[str], cap: int) -> str:
    more = len(lines) - cap
    shown = [*lines[:cap], f"and {more} more"] if more > 0 else list(lines)
    return alert(kind, shown) if shown else ""


def _errors(rows: Sequence[TargetPlan], about: About) -> list[str]:
    """Why rows could not be planned or checked; a reason that many share is said once."""
    same: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.error is not None:
            place = f"{row.error_file}:{row.error_line}" if row.error_line else row.error_file
            words = _UNCHECKED if row.state is TargetState.UNCHECKED else "could not be planned"
            reason = f"{words}: {f'{named(place)}: ' if place else ''}{worded(row.error)}"
            reason += "; planned again by itself" if about.again and words == _UNCHECKED else ""
            same.setdefault((words, reason), []).append(f"**{label(str(row.target))}**")
    return [
        f"{listed(names)} {'was' if len(names) == 1 else 'were'} {reason}"
        if words == _UNCHECKED
        else f"{listed(names)} {reason}"
        for (words, reason), names in same.items()
    ]


def _warnings(plan: Plan) -> list[str]:
    """Warnings with where they are; notes stand in the folds."""
    return [finding(each) for each in plan.findings if each.level is Level.WARN] + [
        f"**{label(str(row.target))}** {finding(each)}"
        for row in plan.targets
        for each in row.findings
        if each.level is Level.WARN and not is_the_error(row, each)
    ]


def _risk(row: TargetPlan) -> tuple[object, ...]:
    """Riskiest first: what failed, what is dangerous, what writes most, what has drifted, then by name."""
    broken = BROKEN.index(row.state) if row.state in BROKEN else len(BROKEN)
    return broken, -len(row.dangers), -len(row.writes), -len(row.drifted), row.target


def _quiet(row: TargetPlan) -> bool:
    return row.state is TargetState.UNCHANGED and not (row.writes or row.drifted or row.pending or row.findings)


def plan_footer(plan: Plan, about: About) -> str:
    """Which commits it is about, its digest, how long it took and where all of it stands."""
    said = [f"head {_commit(plan.head)}", f"base {_commit(plan.base)}"]
    said += [f"plan {_commit(plan.digest)}"] if plan.digest else []
    said += [f"rendered in {plan.seconds:.1f} s"] if plan.seconds else []
    said += [f'<a href="{about.page}">full plan</a>'] if about.page else []
    return f"<sub>{' · '.join(said)}</sub>"


def _head_only(about: About) -> str:
    return f"<sub>head {_commit(about.head)}</sub>"


def _commit(id: str | Redacted) -> str:
    return f"<code>{inert(str(id)[:7]).text}</code>"
