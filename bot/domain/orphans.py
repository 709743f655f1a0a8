"""Orphans: objects that carry the label of an inventory of ours and stand in none. Reported, never deleted. Pure.

One comes about where the ledger and the inventory in the cluster were both lost, or where somebody copied an object of
ours with all that it carries.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from bot.domain.subjects import Target
from bot.objects.canonical import PART_OF
from bot.objects.identity import Object, ObjectKey, key_of
from bot.objects.ownership import MANAGER, applied_by
from bot.objects.paths import value_at


@dataclass(frozen=True, slots=True)
class Orphans:
    """What one target left lying: `objects` carry its label and stand in no row. `gone` says that the config no longer
    has the target, and then they are the rows of its inventory, which nobody delivers any more."""

    target: Target
    objects: tuple[ObjectKey, ...]
    gone: bool = False


def orphaned(
    lives: Iterable[Object], inventories: Mapping[str, Target], owned: Collection[ObjectKey]
) -> tuple[Orphans, ...]:
    """Live objects that no inventory has, by the target whose label they carry. `inventories` are targets by ApplySet
    id, `owned` the objects of all their rows.

    Only what we applied ourselves counts: controllers copy labels to what they make, as to a Service's EndpointSlices.
    """
    found: dict[Target, list[ObjectKey]] = {}
    for live in lives:
        target = inventories.get(str(value_at(live, ("metadata", "labels", PART_OF))))
        if target is not None and key_of(live) not in owned and _ours(live):
            found.setdefault(target, []).append(key_of(live))
    return tuple(Orphans(target, tuple(sorted(found[target]))) for target in sorted(found))


def _ours(live: Object) -> bool:
    metadata = live["metadata"]
    controlled = any(owner.get("controller") for owner in metadata.get("ownerReferences") or ())
    return applied_by(live, MANAGER) and not controlled and "deletionTimestamp" not in metadata
