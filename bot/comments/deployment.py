"""The comment in the slot `deployment`: from the merge on, where each target of a pull stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.comments.markdown import alert, code, counted, label, listed, named, prose, table, worded
from bot.comments.parts import MOST, Item, Section, fits, pack
from bot.comments.phrases import PREFIX, commits, state, unmet
from bot.domain.deployments import Deployment, DeploymentState, Wait
from bot.domain.removals import Kept, why_kept
from bot.objects.redact import inert

_CAPS = (80, 40, 20, 10)
_ORDER = (
    DeploymentState.FAILED,
    DeploymentState.WAITING,
    DeploymentState.CONFIRMING,
    DeploymentState.APPLYING,
    DeploymentState.SETTLING,
    DeploymentState.PRUNING,
    DeploymentState.CANCELLED,
    DeploymentState.SUPERSEDED,
    DeploymentState.HEALTHY,
)
_MOVING = (DeploymentState.CONFIRMING, DeploymentState.APPLYING, DeploymentState.SETTLING, DeploymentState.PRUNING)
_WORDS = {
    DeploymentState.WAITING: "Waiting",
    DeploymentState.CONFIRMING: "Deploying",
    DeploymentState.APPLYING: "Deploying",
    DeploymentState.SETTLING: "Deploying",
    DeploymentState.PRUNING: "Deploying",
    DeploymentState.HEALTHY: "Deployed, healthy",
    DeploymentState.FAILED: "Failed",
    DeploymentState.SUPERSEDED: "Superseded",
    DeploymentState.CANCELLED: "Cancelled",
}
_PEOPLE = (
    Wait.NEVER,
    Wait.WORD,
    Wait.ADMIN,
    Wait.APPROVALS,
    Wait.HOLD,
    Wait.LOCK,
    Wait.HISTORY,
    Wait.CONFIRMATION,
)
_BRIEF = {
    Wait.WORD: "a deployer's word",
    Wait.ADMIN: "an admin's word",
    Wait.APPROVALS: "approvals",
    Wait.CONFIRMATION: "a confirmation",
    Wait.NAMESPACE: "a namespace",
    Wait.CLUSTER: "the cluster",
    Wait.HOLD: "a hold",
    Wait.LOCK: "a lock",
    Wait.WINDOW: "its window",
    Wait.HISTORY: "an override",
    Wait.NEVER: "stopped",
}
"""Conditions in a word, for the table; what takes a command to end stands as a sentence below it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A pull's newest deployment of one target, and the newest one of that target after it, if there is one."""

    row: Deployment
    newer: Deployment | None = None

    @property
    def open(self) -> Deployment:
        """The one that a person may have to speak about: a rollback of the pull's own while it goes on."""
        back = self.newer
        return back if back is not None and back.rollback and not back.state.ended else self.row


def deployment_comment(standings: Sequence[Standing], prefix: str = PREFIX, most: int = MOST) -> list[str]:
    """The parts of the comment, at most so many. There is at least one standing."""
    head, sections = deployment_parts(standings, prefix)
    return pack(head, sections, _footer(standings), most)


def deployment_parts(standings: Sequence[Standing], prefix: str = PREFIX) -> tuple[str, list[Section]]:
    """What stands above the folds, within one part, and the folds."""
    ordered = sorted(standings, key=lambda each: (_ORDER.index(each.row.state), each.row.target))
    return _head(ordered, prefix), _folds(ordered)


def verdict(rows: Sequence[Deployment]) -> str:
    """The deployments of a commit or pull in one line of plain text."""
    asking = sum(1 for row in rows if needs_a_person(row))
    if len(rows) == 1:
        words = f"{_WORDS[rows[0].state]}{' for a person' if asking else ''}"
        return f"{words}: {inert(str(rows[0].target)).plain}"
    many = counted(len(rows), "target")
    failed = [inert(str(row.target)).plain for row in rows if row.state is DeploymentState.FAILED]
    healthy = sum(1 for row in rows if row.state is DeploymentState.HEALTHY)
    if failed:
        return f"Failed: {listed(failed)} · {healthy} of {many} healthy"
    if healthy == len(rows):
        return f"Deployed: {many} healthy"
    if all(row.state.ended for row in rows):
        gone = [row for row in rows if row.state is not DeploymentState.HEALTHY]
        words = " and ".join(sorted({row.state.value for row in gone}))
        return f"Ended: {len(gone)} of {many} {words}"
    moving = [row for row in rows if row.state in _MOVING]
    words = f"{'Deploying' if moving else 'Waiting'}: {healthy} of {many} healthy"
    return f"{words} · {asking} {'waits' if asking == 1 else 'wait'} for a person" if asking else words


def needs_a_person(row: Deployment) -> bool:
    """Whether only somebody's word lets it go on."""
    return row.state is DeploymentState.WAITING and any(each.wait in _PEOPLE for each in row.conditions)


def _head(ordered: Sequence[Standing], prefix: str) -> str:
    shown = ""
    for cap in _CAPS:
        shown = "\n\n".join(part for part in _head_parts(ordered, prefix, cap) if part)
        if fits(shown + " " * 2000):
            break
    return shown


def _head_parts(ordered: Sequence[Standing], prefix: str, cap: int) -> list[str]:
    more = len(ordered) - cap
    return [
        f"### {prose(inert(_heading(ordered), 1000))}",
        _table(ordered[:cap], prefix),
        f"…and {counted(more, 'more target')}." if more > 0 else "",
        _box(
            "CAUTION", [_failed(each.row, prefix) for each in ordered if each.row.state is DeploymentState.FAILED], cap
        ),
        _box("NOTE", [line for each in ordered for line in _waits(each.open, prefix)], cap),
    ]


def _heading(ordered: Sequence[Standing]) -> str:
    """The verdict; of commits that a newer one overtook, which one they went live with."""
    overtaken = [each for each in ordered if each.row.state is DeploymentState.SUPERSEDED]
    live = [each.newer.commit for each in overtaken if each.newer and each.newer.state is DeploymentState.HEALTHY]
    healthy = sum(1 for each in ordered if each.row.state is DeploymentState.HEALTHY)
    if len(set(live)) == 1 and len(live) == len(overtaken) == len(ordered) - healthy:
        return f"Live with {live[0][:7]}: {len(overtaken)} of {counted(len(ordered), 'target')}"
    return verdict([each.row for each in ordered])


def _table(shown: Sequence[Standing], prefix: str) -> str:
    """The state comes third, where a phone shows it without scrolling; a commit that all share stands in the footer."""
    differ = len({each.row.commit for each in shown}) > 1
    rows = [
        [*_names(each.row), _state(each, prefix), *([commits([each.row.commit])] if differ else [])] for each in shown
    ]
    return table(("Environment", "App", "State", *(["Commit"] if differ else [])), (), rows)


def _names(row: Deployment) -> tuple[str, str]:
    return label(row.target.environment), f"**{label(row.target.app)}**"


def _state(standing: Standing, prefix: str) -> str:
    row, newer = standing.row, standing.newer
    if newer is not None and newer.rollback and not row.rollback:
        verb = "rolled back" if newer.state is DeploymentState.HEALTHY else "going back"
        return f"{verb} to {commits([newer.commit])}{'' if newer.state.ended else f', {state(newer, prefix)}'}"
    if newer is not None and row.state is not DeploymentState.FAILED and row.state.ended:
        live = "live with" if newer.state is DeploymentState.HEALTHY else "now with"
        pulls = "".join(f", #{number}" for number in newer.pulls[-1:])
        return f"{live} {commits([newer.commit])}{pulls}"
    if row.state is DeploymentState.SUPERSEDED:
        return f"superseded{f' by {commits([row.reason])}' if row.reason else ''}"
    attempt = " (rollback)" if row.rollback else f" (attempt {row.attempt})" if row.attempt > 1 else ""
    if row.state is DeploymentState.WAITING and _long(row):
        brief = dict.fromkeys(_BRIEF.get(each.wait, label(each.subject)) for each in row.conditions)
        return f"waiting: {', '.join(brief)}{attempt}"
    return f"{state(row, prefix)}{attempt}"


def _long(row: Deployment) -> bool:
    """Whether something that is waited for takes a sentence, with what a person can do about it."""
    return any(each.wait in _BRIEF for each in row.conditions)


def _failed(row: Deployment, prefix: str) -> str:
    """Why, what stands now, and what to do."""
    progress = row.progress
    where = f"**{label(str(row.target))}** failed: {worded(inert(row.reason, 1000)) or 'no reason was given'}."
    if progress.done:
        stands = f"{progress.done} of {counted(progress.total, 'object')} of {commits([row.commit])} stay as applied"
    else:
        stands = "nothing of it was written" if not row.started else "what was applied stays"
    again = code(inert(f"{prefix} deploy {row.target}"))
    back = f", take it back with {code(inert(f'{prefix} rollback {row.target}'))}" if row.base else ""
    return f"{where} Now: {stands}; nothing was removed. Mend it with a new commit{back}, or try again with {again}."


def _waits(row: Deployment, prefix: str) -> list[str]:
    """What a person can do, and what is not healthy yet while there is still hope."""
    target = f"**{label(str(row.target))}**"
    if row.state is DeploymentState.WAITING and _long(row):
        return [f"{target}: {each}" for each in unmet(row, prefix)]
    if row.state not in _MOVING:
        return []
    return [f"{target} waits for {worded(inert(each))}" for each in row.progress.waits_for]


def _box(kind: str, lines: Sequence[str], cap: int) -> str:
    more = len(lines) - cap
    shown = [*lines[:cap], f"and {more} more"] if more > 0 else list(lines)
    return alert(kind, shown) if shown else ""


def _folds(ordered: Sequence[Standing]) -> list[Section]:
    asked = [(each.open, name) for each in ordered for name in each.open.progress.asked]
    kept = [(each.row, one) for each in ordered for one in each.row.progress.kept]
    removed = [(each.row, str(key)) for each in ordered for key in each.row.progress.removed]
    other = [(each.row, name) for each in ordered for name in each.row.progress.not_as_planned]
    log = [(each.row, line) for each in ordered for line in each.row.progress.log]
    sections = []
    if asked:
        intro = "One command confirms all of this, or nothing of it is done."
        sections.append(Section(f"To be confirmed: {len(asked)}", _items(asked), intro, opened=True))
    if log:
        sections.append(Section(f"Last lines of what failed: {len(log)}", _items(log)))
    if other:
        waits = any(row.state is DeploymentState.WAITING for row, _ in other)
        intro = "Nothing of this was in the plan that people saw" + ("; it waits to be confirmed." if waits else ".")
        sections.append(Section(f"Not as planned: {len(other)}", _items(other), intro, opened=waits))
    if removed:
        intro = "Git no longer has these, so they were deleted once everything was healthy."
        sections.append(Section(f"Deleted: {counted(len(removed), 'object')}", _items(removed), intro))
    if kept:
        intro = "Git no longer has these, and they were left in the cluster."
        sections.append(Section(f"Left in place: {counted(len(kept), 'object')}", _kept(kept), intro))
    return sections


def _kept(found: Sequence[tuple[Deployment, Kept]]) -> tuple[Item, ...]:
    return _items(
        [(row, str(one.object)) for row, one in found], [worded(inert(why_kept(one), 400)) for _, one in found]
    )


def _items(found: Sequence[tuple[Deployment, str]], whys: Sequence[str] = ()) -> tuple[Item, ...]:
    lines = [f"**{label(str(row.target))}** {named(name)}" for row, name in found]
    lines = [f"{line}: {why}" for line, why in zip(lines, whys, strict=True)] if whys else lines
    return tuple(Item(f"- {line}", line) for line in lines)


def _footer(ordered: Sequence[Standing]) -> str:
    ids = sorted({each.row.commit for each in ordered})
    words = sorted({label(each.row.word) for each in ordered if each.row.word})
    said = [f"commit {', '.join(f'<code>{inert(each[:7]).text}</code>' for each in ids[:3])}"]
    said += [f"word given by {listed(words)}"] if words else []
    return f"<sub>{' · '.join(said)}</sub>"
