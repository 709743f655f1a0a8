"""The folds below a plan's table: differences per target, alike ones together, pending, drift, notes, commands."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.comments.markdown import code, counted, label, listed, named, summary, worded
from bot.comments.objects import change_item, drifted_item, lines_of, riskiest, shown_changes
from bot.comments.parts import Item, Section
from bot.comments.phrases import finding
from bot.domain.plans import LOOSER, Change, Finding, Level, Plan, TargetPlan, Verb
from bot.domain.subjects import Target
from bot.objects.identity import ObjectKey
from bot.objects.redact import inert

OPEN_LINES = 24
OPEN_TOTAL = 48
NAMED = 20
"""Objects that one note names."""


def folds(plan: Plan, prefix: str, *, landed: bool = False) -> list[Section]:
    """Every fold in reading order. landed: it is on the default branch, where nothing merges it any more."""
    rows = sorted(plan.targets, key=lambda row: (-len(row.dangers), row.target))
    sections = _changes(rows)
    sections += _pending(rows, landed=landed)
    sections += _drift(rows, landed=landed)
    sections += _notes(rows)
    sections += _rules(plan)
    return [*_opened(sections), *([] if landed else [_commands(prefix)])]


def _rules(plan: Plan) -> list[Section]:
    """What merging changes about the config's rules; what asks for less stands among the dangers as well."""
    told = [finding(each) for each in plan.findings if each.rule in (LOOSER, "rule-change", "without-effect")]
    return [Section(f"Rules: {len(told)}", tuple(Item(f"- {line}", line) for line in told))] if told else []


def _opened(sections: Sequence[Section]) -> list[Section]:
    """Small folds stand open as long as there are few lines to scroll over."""
    left, result = OPEN_TOTAL, []
    for section in sections:
        lines = lines_of(section.items)
        small = section.opened and lines <= min(OPEN_LINES, left)
        left -= lines if small else 0
        result.append(Section(section.summary, section.items, section.intro, small))
    return result


def _changes(rows: Sequence[TargetPlan]) -> list[Section]:
    """A fold per group of targets that change alike; what an app changes alike elsewhere is not repeated.

    Namespaces, and names that only follow from the target's, make no difference.
    """
    groups: dict[tuple[Change, ...], list[TargetPlan]] = {}
    for row in rows:
        if row.changes:
            groups.setdefault(tuple(sorted(_apart(row), key=lambda each: each.object)), []).append(row)
    sections: list[Section] = []
    first: dict[str, TargetPlan] = {}
    for alike in groups.values():
        row, changes = alike[0], shown_changes(alike[0])
        earlier = first.setdefault(row.target.app, row)
        same = set(_apart(row)) & set(_apart(earlier)) if earlier is not row else set()
        if len(same) * 2 >= len(changes) > 0 and same:
            differing = [each for each, apart in zip(changes, _apart(row), strict=True) if apart not in same]
            sections.append(_as_in(alike, earlier, differing))
        else:
            items = tuple(change_item(each) for each in riskiest(changes))
            sections.append(Section(f"{_names(alike)}: {_numbers(changes)}", items, _places(alike), opened=True))
    return sections


def _apart(row: TargetPlan) -> list[Change]:
    """A row's changes with the target's own words taken out of where their objects are."""
    return [replace(each, object=_placeless(each.object, row.target)) for each in shown_changes(row)]


def _placeless(key: ObjectKey, target: Target) -> ObjectKey:
    name = key.name.replace(target.app, "{app}").replace(target.environment, "{environment}")
    return replace(key, name=name, namespace="{namespace}" if key.namespace else "")


def _places(alike: Sequence[TargetPlan]) -> str:
    """Said where the objects shown stand for others."""
    places = {tuple(change.object for change in row.changes) for row in alike}
    shown = f"Shown as in {named(alike[0].target)}: the others differ in namespaces and names only."
    return shown if len(places) > 1 else ""


def _as_in(alike: Sequence[TargetPlan], earlier: TargetPlan, differing: Sequence[Change]) -> Section:
    count = len(alike[0].changes)
    head = f"Same change in {_names(alike)} ({count - len(differing)} of {counted(count, 'object')} as in "
    items = tuple(change_item(each) for each in riskiest(differing))
    intro = "Only what differs:" if items else "Nothing else changes there."
    return Section(f"{head}{summary(str(earlier.target))})", items, intro, opened=bool(items))


def _names(alike: Sequence[TargetPlan]) -> str:
    names = [f"<b>{summary(str(row.target))}</b>" for row in alike]
    return names[0] if len(names) == 1 else f"{listed(names)} change alike"


def _numbers(changes: Iterable[Change]) -> str:
    verbs = [change.verb for change in changes]
    created, deleted = verbs.count(Verb.CREATE), verbs.count(Verb.DELETE) + verbs.count(Verb.REPLACE)
    updated = len(verbs) - created - verbs.count(Verb.DELETE)
    figures = ((created, "+"), (updated, "~"), (deleted, "−"))
    shown = " ".join(f"{sign}{number}" for number, sign in figures if number)
    return f"{counted(len(verbs), 'object')} ({shown})"


def _pending(rows: Sequence[TargetPlan], *, landed: bool) -> list[Section]:
    found = [(row, change) for row in rows for change in riskiest(row.pending)]
    if not found:
        return []
    items = tuple(_under(row, change_item(change)) for row, change in found)
    intro = f"Others merged these; this {'commit' if landed else 'merge'} delivers them too."
    return [Section(f"Merged but not deployed yet: {counted(len(found), 'object')}", items, intro)]


def _drift(rows: Sequence[TargetPlan], *, landed: bool) -> list[Section]:
    sections = [_reverted(rows, landed=landed)] if any(each.reverted for row in rows for each in row.drifted) else []
    foreign = [(row, each) for row in rows for each in row.drifted if not each.reverted]
    if foreign:
        intro = "Somebody else set these fields, which Git never mentions. They stay as they are."
        items = tuple(_under(row, drifted_item(each)) for row, each in foreign)
        sections.append(Section(f"Set by others and left alone: {counted(len(foreign), 'object')}", items, intro))
    return sections


def _reverted(rows: Sequence[TargetPlan], *, landed: bool) -> Section:
    found = [(row, each) for row in rows for each in row.drifted if each.reverted]
    written = {change.object for row in rows for change in row.writes}
    reverted = [each for _, each in found if each.object in written]
    verb = "Deploying" if landed else "Merging"
    some = "these" if len(reverted) == len(found) else f"{len(reverted)} of these"
    intro = f"{verb} also reverts {some}." if reverted else ""
    items = []
    for row in rows:
        drifted = [drifted_item(each) for each in row.drifted if each.reverted]
        items += [_under(row, each) for each in drifted[:1]] + drifted[1:]
    by = "commit" if landed else "pull"
    name = f"Already drifted, not caused by this {by}: {counted(len(found), 'object')}"
    return Section(name, tuple(items), intro, opened=True)


def _under(row: TargetPlan, item: Item) -> Item:
    return Item(f"**{label(str(row.target))}**\n\n{item.full}", f"**{label(str(row.target))}** {item.short}")


def _notes(rows: Sequence[TargetPlan]) -> list[Section]:
    """Notes that say the same of several objects say it once, with the objects below."""
    same: dict[tuple[str, str], list[tuple[TargetPlan, Finding]]] = {}
    for row in rows:
        for each in row.findings:
            if each.level is Level.NOTE:
                same.setdefault((each.rule, each.message.plain), []).append((row, each))
    items = [_note(found) for found in same.values()]
    return [Section(f"Notes: {sum(map(len, same.values()))}", tuple(items))] if items else []


def _note(found: Sequence[tuple[TargetPlan, Finding]]) -> Item:
    row, first = found[0]
    if len(found) == 1 or first.object is None:
        lines = [f"**{label(str(row.target))}** {finding(each)}" for row, each in found]
        return Item("\n".join(f"- {line}" for line in lines), "; ".join(lines[:NAMED]))
    message = worded(first.message)
    about: dict[str, list[str]] = {}
    for row, each in found:
        about.setdefault(f"**{label(str(row.target))}**", []).append(named(each.object))
    lines = [f"  - {target} {listed(names, NAMED)}" for target, names in about.items()]
    return Item("\n".join([f"- {message}:", *lines]), f"{message}: {counted(len(found), 'object')}")


def _commands(prefix: str) -> Section:
    commands = (
        (f"{prefix} plan", "plan again"),
        (f"{prefix} approve", "yes to this head, where approvals are needed or a finding has to be accepted"),
        (f"{prefix} hold", "nothing that contains this pull is deployed"),
        (f"{prefix} deploy", "after the merge: the word that a deployment waits for, or another try"),
        (f"{prefix} explain", "what a deployment waits for, and who can help"),
        (f"{prefix} help", "what you may use here"),
    )
    lines = [f"{code(inert(command))} – {says}" for command, says in commands]
    return Section("Commands", tuple(Item(f"- {line}", line) for line in lines))
