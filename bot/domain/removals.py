"""What may be deleted (G2): the keys that an object must have, and why one that Git no longer has stays.

Every key is judged on its own; the first that is missing is the reason that people read.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.config import Environment, PruneMode
from bot.domain.inventory import InventoryRow
from bot.objects.canonical import PART_OF
from bot.objects.identity import Object, ObjectKey
from bot.objects.optout import keeps_itself
from bot.objects.ownership import MANAGER, applied_by
from bot.objects.paths import value_at

FEW = 5
"""Deletions and replacements that never need a confirmation for their number alone."""


class Stays(StrEnum):
    """Why an object that Git no longer has is not deleted."""

    NOT_OURS = "not-ours"
    RECREATED = "recreated"
    LABEL = "label"
    FIELD_MANAGER = "field-manager"
    OPTED_OUT = "opted-out"
    CONTROLLED = "controlled"
    RULE = "rule"
    UNSEEN = "unseen"
    USED = "used"
    REFUSED = "refused"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Kept:
    """One object that stays. `detail` is redacted text: the annotation, the user, what the server said."""

    object: ObjectKey
    why: Stays
    detail: str = ""

    @property
    def forgotten(self) -> bool:
        """Whether it leaves the inventory all the same, because what lives is not the object that we wrote."""
        return self.why is Stays.RECREATED


@dataclass(frozen=True, slots=True)
class PruneRules:
    """The rules for deleting that hold for one deployment or plan. confirm_over is a percentage."""

    prune: PruneMode = PruneMode.APPROVED
    confirm_over: int = 20

    def too_many(self, going: int, owned: int) -> bool:
        """Whether so many deletions and replacements out of so many objects need a confirmation."""
        return going > FEW and going * 100 > self.confirm_over * owned


_STRICTEST = (PruneMode.NEVER, PruneMode.APPROVED, PruneMode.ALWAYS)


def strictest(environments: Iterable[Environment]) -> PruneRules:
    """What holds under all of these rules at once. There is at least one."""
    found = list(environments)
    prune = min((each.prune for each in found), key=_STRICTEST.index)
    return PruneRules(prune, min(each.confirm_over for each in found))


def stays(row: InventoryRow | None, live: Object, applysets: Collection[str]) -> Kept | None:
    """Why a live object that Git no longer has is not deleted, by what it says itself; None when it has every key.

    row is ours from the inventory: with the UID that our own write got. applysets are the ids our label may carry.
    """
    metadata = live["metadata"]
    key = row.object if row else None
    if row is None or key is None or not row.uid:
        return Kept(key or _key(live), Stays.NOT_OURS)
    if metadata.get("uid") != row.uid:
        return Kept(key, Stays.RECREATED)
    if value_at(live, ("metadata", "labels", PART_OF)) not in applysets:
        return Kept(key, Stays.LABEL)
    if not applied_by(live, MANAGER):
        return Kept(key, Stays.FIELD_MANAGER)
    if annotation := keeps_itself(live):
        return Kept(key, Stays.OPTED_OUT, annotation)
    owner = next((each for each in metadata.get("ownerReferences") or () if each.get("controller")), None)
    return Kept(key, Stays.CONTROLLED, f"{owner.get('kind')} {owner.get('name')}") if owner else None


def _key(live: Object) -> ObjectKey:
    group, slash, _ = str(live.get("apiVersion") or "").partition("/")
    metadata = live["metadata"]
    namespace = metadata.get("namespace") or ""
    return ObjectKey(group if slash else "", str(live.get("kind") or ""), namespace, metadata["name"])


_WORDS = {
    Stays.NOT_OURS: "it is not in our inventory",
    Stays.RECREATED: "somebody else deleted it and made it again; it leaves the inventory",
    Stays.LABEL: "it does not carry our label any more",
    Stays.FIELD_MANAGER: "none of its fields is ours any more",
    Stays.OPTED_OUT: "it is annotated",
    Stays.CONTROLLED: "it belongs to",
    Stays.RULE: "nothing is deleted here (`prune: never`, or a rollback)",
    Stays.UNSEEN: "deleting it was not in the plan that people saw",
    Stays.USED: "it is still used by",
    Stays.REFUSED: "the cluster refuses",
    Stays.MOVED: "it moves to",
}


def why_kept(kept: Kept) -> str:
    """Why an object stays, as plain text that follows its name."""
    return _WORDS[kept.why] + (f" {kept.detail}" if kept.detail else "")
