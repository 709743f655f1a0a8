"""Who else holds an object that a plan writes: other tools, other inventories, whoever wrote it before a takeover."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.domain.plans import Change, Finding, Level, Verb
from bot.objects.canonical import PART_OF
from bot.objects.identity import Object, ObjectKey
from bot.objects.ownership import MANAGER, last_writer, owners_of
from bot.objects.paths import Path, value_at
from bot.objects.redact import inert
from bot.objects.tools import Keeper, kept_by, spelled
from bot.planning.compare import Sides
from bot.planning.fields import LONGEST
from bot.planning.foreign import CONTROL_PLANE

PERSONS = ("before-first-apply", "headlamp", "k9s", "kubectl", "lens", "Mozilla", "node-fetch", "OpenLens", "rancher")
"""How field managers begin whose writes are a person's: they do not write again by themselves."""

_LABEL: Path = ("metadata", "labels", PART_OF)


@dataclass(frozen=True, slots=True)
class Context:
    """Our ApplySet id, the field managers that the config lets us take objects over from, and which of the config's
    targets has an ApplySet id, if any."""

    applyset: str
    takeover_from: Sequence[str]
    whose: Callable[[str], str] = lambda _: ""


def owners_found(key: ObjectKey, sides: Sides, write: Change | None, context: Context) -> Iterator[Finding]:
    """What to say about an object's present owners. Blocking where somebody would write it again by himself."""
    live, head, verb = sides.live, sides.head, write.verb if write else None
    if live is None or head is None:
        return
    keeper = kept_by(live, head.body)
    if keeper and (verb is Verb.TAKEOVER or (verb and keeper.fights and keeper.release)):
        allowed = any(keeper.manager.startswith(manager) for manager in context.takeover_from)
        level = Level.BLOCK if keeper.fights and not allowed else Level.WARN
        yield Finding(level, "kept-by-another-tool", inert(_kept(keeper), LONGEST), object=key)
    label = value_at(live, _LABEL)
    if isinstance(label, str) and label != context.applyset and verb is not Verb.MOVE:
        message = inert(_listed(key, live, label, context), LONGEST)
        yield Finding(Level.BLOCK, "owned-elsewhere", message, object=key)
    elif verb is Verb.TAKEOVER and keeper is None:
        yield from _written_by(key, live)


def _kept(keeper: Keeper) -> str:
    if not keeper.release:
        return f"was made for {keeper.tool}, which writes it again and takes it along when it goes: change that one"
    commands = ", then ".join(f"`{command}`" for command in keeper.release)
    if keeper.fights:
        return f"belongs to {keeper.tool} ({keeper.name}), which writes it again: make it let go first, with {commands}"
    return f"belongs to {keeper.tool} ({keeper.name}), which may write it again: to make it let go, run {commands}"


def _listed(key: ObjectKey, live: Object, label: str, context: Context) -> str:
    """Whose inventory has the object: another target's, or an ApplySet of another tool (KEP-3659)."""
    target = context.whose(label)
    if target:
        return f"is in the inventory of {target}, so both would write it: remove it there in the same commit"
    writer = last_writer(live, _LABEL)
    of = f" of {writer.manager}" if writer and writer.manager != MANAGER else ""
    find = f"`kubectl get configmaps,secrets -A -l {shlex.quote(f'applyset.kubernetes.io/id={label}')}`"
    drop = f"`kubectl label {spelled(key)} {PART_OF}-`"
    return f"is in another inventory{of}, so both would write it: find it with {find}, take it out there, then {drop}"


def _written_by(key: ObjectKey, live: Object) -> Iterator[Finding]:
    names = {owner.manager for owner in owners_of(live, ())} - {MANAGER, "", *CONTROL_PLANE}
    programs = sorted(name for name in names if not name.startswith(PERSONS))
    if names:
        again = f": {programs[0]} may write its values again" if programs else ""
        message = inert(f"was written by {', '.join(sorted(names))} so far{again}", LONGEST)
        yield Finding(Level.NOTE, "present-owner", message, object=key)
