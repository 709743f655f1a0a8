"""Objects that go from one target of a repository to another in one commit: handed over with their UIDs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.domain.config import Config
from bot.domain.plans import Change, Verb
from bot.domain.subjects import Target
from bot.objects.canonical import PART_OF
from bot.objects.identity import ObjectKey
from bot.objects.paths import value_at
from bot.planning.findings import Compared


@dataclass(frozen=True, slots=True)
class Holding:
    """What a target owns before a commit and has after it, in which cluster, and the ApplySet id of its inventory."""

    cluster: str
    applyset: str
    owned: frozenset[ObjectKey]
    has: frozenset[ObjectKey]


@dataclass(frozen=True, slots=True)
class Moves:
    """What comes to a target, by the ApplySet id that it carries until then, and what goes to which other one."""

    coming: Mapping[ObjectKey, str] = field(default_factory=dict)
    going: Mapping[ObjectKey, Target] = field(default_factory=dict)


def moves_among(holdings: Mapping[Target, Holding]) -> Mapping[Target, Moves]:
    """Which objects one target of a commit stops having and another in the same cluster begins to have."""
    found: dict[Target, Moves] = {}
    for target, mine in holdings.items():
        near = [(other, one) for other, one in holdings.items() if other != target and one.cluster == mine.cluster]
        new, gone = mine.has - mine.owned, mine.owned - mine.has
        coming = {key: one.applyset for _, one in near for key in new & (one.owned - one.has)}
        going = {key: other for other, one in near for key in gone & (one.has - one.owned)}
        found[target] = Moves(coming, going)
    return found


def former(config: Config, target: Target) -> Target | None:
    """What a target was called before its app was renamed; None when it was not."""
    was = config.app(target).was if config.names(target) else ""
    return Target(target.environment, was) if was else None


def renamed(config: Config) -> frozenset[Target]:
    """The targets that are gone, and go on under another name in the same environment."""
    return frozenset(was for each in config.targets() if (was := former(config, each)) is not None)


def arrived(compared: Sequence[Compared], coming: Mapping[ObjectKey, str], *, renamed: bool) -> list[Compared]:
    """The same objects, those that come from another target told as moves: only their label and what Git says changes.

    One that does not carry its old inventory's label is no move. renamed: the app has another name on the base.
    """
    return [_moved(each, renamed=renamed) if _comes(each, coming) else each for each in compared]


def _comes(each: Compared, coming: Mapping[ObjectKey, str]) -> bool:
    label = value_at(each.sides.live or {}, ("metadata", "labels", PART_OF))
    return each.sides.head is not None and each.problem is None and bool(label) and coming.get(each.key) == label


def _moved(each: Compared, *, renamed: bool) -> Compared:
    write = each.verdict.write or Change(each.key, Verb.MOVE)
    if write.verb is Verb.REPLACE:
        return each
    move = replace(write, verb=Verb.MOVE)
    change = move if renamed or each.sides.base is None else each.verdict.change
    return replace(each, verdict=replace(each.verdict, change=change, write=move))
