"""What merging would do, as data that may be shown: every value in here is already redacted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.subjects import Target
from bot.objects.canonical import digest
from bot.objects.identity import ObjectKey
from bot.objects.redact import Redacted


class TargetState(StrEnum):
    """What a target's row says."""

    UNCHANGED = "unchanged"
    CHANGES = "changes"
    ERROR = "error"
    REFUSED = "refused"
    UNCHECKED = "unchecked"
    LEFT_BEHIND = "left-behind"


class Verb(StrEnum):
    """What happens to an object."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    TAKEOVER = "takeover"
    MOVE = "move"


class Cause(StrEnum):
    """Why a field changes: Git says so, the server does, it was taken over, it is foreign, or it stays."""

    GIT = "git"
    DEFAULT = "default"
    TAKEN_OVER = "taken-over"
    FOREIGN = "foreign"
    STAYS = "stays"


class Level(StrEnum):
    """How much a finding weighs."""

    NOTE = "note"
    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text that changes. `mark` is `+`, `-`, a blank, or `@` where unchanged lines are left out."""

    mark: str
    text: Redacted


@dataclass(frozen=True, slots=True)
class Field:
    """One changed field. A side that does not exist is None. `owner` is who else holds it, where that matters.

    `lines` is there for texts of several lines, and shows the same change line by line.
    """

    path: str
    before: Redacted | None
    after: Redacted | None
    cause: Cause = Cause.GIT
    owner: str = ""
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one object. `checked` is false where the server could not be asked ("checked on apply").

    `successor` has the contents of a deleted one under a new hash: the old goes once nothing uses it, which is routine.
    """

    object: ObjectKey
    verb: Verb
    fields: tuple[Field, ...] = ()
    checked: bool = True
    successor: ObjectKey | None = None

    @property
    def danger(self) -> str:
        """What a person must have seen, in its one spelling; empty for what is routine."""
        risky = self.verb in (Verb.DELETE, Verb.REPLACE, Verb.TAKEOVER) and self.successor is None
        return f"{self.verb.value} {_spelled(self.object)}" if risky else ""


@dataclass(frozen=True, slots=True)
class DriftedField:
    """One field that differs from what we last wrote, with who changed it and when, as far as the server records it.

    `foreign`: somebody else set a field that Git never mentions. It is left alone.
    """

    path: str
    live: Redacted | None
    ours: Redacted | None
    manager: str
    time: str
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Drifted:
    """One object that differs from what we last wrote. `gone` means that it was deleted."""

    object: ObjectKey
    fields: tuple[DriftedField, ...]
    gone: bool = False

    @property
    def reverted(self) -> bool:
        """Whether anything of it would be put back, and not all of it left alone."""
        return self.gone or any(not field.foreign for field in self.fields)


@dataclass(frozen=True, slots=True)
class Finding:
    """A risk or mistake. `message` is our own sentence; quoted parts in it are redacted."""

    level: Level
    rule: str
    message: Redacted
    object: ObjectKey | None = None
    field: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """The plan of one target.

    changes: the pull's own; pending: merged by others and not deployed; drifted: live against what we last wrote;
    writes: what will really be written (live against head), of which `dangers` are the keys a person must have seen.
    `error` is set when state is error, refused or unchecked; `identity` compares rendered heads across commits.
    `command` are the dangers that merging does not accept, only a confirmation by command.
    """

    target: Target
    state: TargetState
    error: Redacted | None = None
    error_file: str = ""
    error_line: int = 0
    changes: tuple[Change, ...] = ()
    pending: tuple[Change, ...] = ()
    drifted: tuple[Drifted, ...] = ()
    writes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    identity: str = ""
    command: tuple[str, ...] = ()

    @property
    def dangers(self) -> tuple[str, ...]:
        """The dangers in what will be written, in their one spelling: sorted, stable across runs."""
        from_writes = {change.danger for change in self.writes} - {""}
        return tuple(sorted(from_writes | {*self.blocks}))

    @property
    def blocks(self) -> tuple[str, ...]:
        """The dangers that are block findings, in the same spelling: what a deployer's approval accepts."""
        blocking = [each for each in self.findings if each.level is Level.BLOCK]
        spelled = ((f.rule, _spelled(f.object) if f.object else "", f.field) for f in blocking)
        return tuple(sorted({" ".join(filter(None, parts)) for parts in spelled}))

    @property
    def word(self) -> str:
        """`N@PLAN`, which confirms all of these dangers."""
        return confirmation(self.dangers)


def confirmation(dangers: Sequence[str]) -> str:
    """`N@PLAN`: how many dangers, and eight hex digits over them, sorted. What a person writes to confirm them."""
    return f"{len(dangers)}@{digest({'dangers': sorted(dangers)})[:8]}"


def _spelled(key: ObjectKey) -> str:
    """Kind.group namespace/name: kinds of two groups may have the same name."""
    return f"{key.of} {key.namespace}/{key.name}" if key.namespace else f"{key.of} {key.name}"


LOOSER = "looser-rule"
"""The rule of findings about a pull's config that ask for less than the one it is judged by. `field` says where:
`prod.approvals`, `prod/web.takeover`."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a pull: one row per touched target, sorted. `note` replaces the table when nothing was planned."""

    head: str
    base: str
    digest: str
    targets: tuple[TargetPlan, ...]
    seconds: float = 0.0
    note: Redacted | None = None
    findings: tuple[Finding, ...] = field(default=())

    @property
    def failed(self) -> bool:
        """Whether any row could not be planned, or none at all because of a block finding on the whole."""
        broken = any(t.state in (TargetState.ERROR, TargetState.REFUSED) for t in self.targets)
        return broken or any(each.level is Level.BLOCK and each.rule != LOOSER for each in self.findings)

    @property
    def blocks(self) -> tuple[str, ...]:
        """All that waits to be accepted by a deployer, in the one spelling that an approval holds: `prod/web: conflict
        …` for a target's block findings, `prod: looser-rule prod.approvals …` for rules that the pull loosens."""
        rows = [f"{row.target}: {each}" for row in self.targets for each in row.blocks]
        looser = [each for each in self.findings if each.rule == LOOSER]
        places = [each.field.rpartition(".")[0] for each in looser]
        return (*rows, *(f"{place}: {LOOSER} {each.field}" for place, each in zip(places, looser, strict=True)))
