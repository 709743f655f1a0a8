"""Pruning: what Git no longer has is deleted, after everything is healthy, the last wave first, each with G2's keys."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from bot.delivery.handing import taken_by
from bot.delivery.hooks import steps
from bot.delivery.judging import prune_rules
from bot.delivery.keeping import Overtaken, move
from bot.delivery.scene import Reach, Scene, reach, rendered
from bot.domain.config import PruneMode
from bot.domain.deployments import Deployment, DeploymentState, Wait
from bot.domain.inventory import InventoryRow
from bot.domain.removals import Kept, Stays, stays
from bot.objects.hooks import goes_when_it_succeeded, ran_as
from bot.objects.identity import Object, ObjectKey, key_of
from bot.objects.order import waves
from bot.objects.references import users_of
from bot.planning.observe import WORKERS
from bot.planning.renames import stem_of
from bot.planning.sides import Ready, Side
from bot.ports.clusters import DeleteAnswer, Refusal, Refused

PAUSE, LONGEST_PAUSE = 0.3, 5.0
"""Seconds between looks at something that goes: most objects are gone at once."""


@dataclass(frozen=True, slots=True)
class _Leaving:
    """One object of the inventory that Git no longer has: as it lives (None: gone), and why it stays, if it does.

    `going` says that it is being deleted already.
    """

    row: InventoryRow
    live: Object | None
    kept: Kept | None = None
    going: bool = False

    @property
    def key(self) -> ObjectKey:
        return self.row.object


def prune(scene: Scene, row: Deployment) -> tuple[Deployment, float]:
    """The row healthy, failed because something does not go in time, or still pruning and a pause in seconds.

    Raises ClusterUnreachable. Run again after a crash it deletes nothing twice: what is gone has no UID any more, and
    what was made again has another.
    """
    reached = reach(scene)
    side, ready = rendered(scene, row.commit, reached)
    found = _judged(scene, row, reached, (side, ready))
    steps_left = waves(each.live for each in found if each.live and not each.kept)
    last = {key_of(body) for body in steps_left[-1]} if steps_left else set()
    now = [each for each in found if not (each.kept or each.going) and each.key in last]
    if now:
        found = _delete(scene, row, reached, found, now)
    _forget(scene, row, [each.key for each in found if each.live is None or (each.kept and each.kept.forgotten)])
    row = _noted(scene, row, found)
    waits = [each for each in found if each.live is not None and not each.kept]
    if not waits:
        _settle(scene, reached, side)
        total = sum(len(each) for each in steps(side, row))
        progress = replace(row.progress, done=total, total=total, waits_for=())
        return replace(move(row, DeploymentState.HEALTHY), progress=progress), 0.0
    lasted = scene.ports.clock.now() - row.progress.since
    if lasted > ready.app.health_timeout:
        _settle(scene, reached, side)
        return move(row, DeploymentState.FAILED, f"not gone after {lasted:.0f} s: {'; '.join(map(_waits, waits))}"), 0.0
    return row, min(LONGEST_PAUSE, max(PAUSE, lasted / 5))


def leaving(rows: Sequence[InventoryRow], side: Side, row: Deployment) -> list[InventoryRow]:
    """The rows of what Git no longer has at a deployment's commit. Its own runs of hooks are not among them, but for
    those that Git wants deleted once they succeeded."""
    stay = {each.object for each in rows if each.hook and each.commit == row.commit and not _ran_to_go(each, side)}
    return [each for each in rows if each.object not in side.objects and each.object not in stay]


def _ran_to_go(run: InventoryRow, side: Side) -> bool:
    """Whether Git says of a hook that its runs go when they succeeded."""
    key = run.object
    alike = [(hook, each) for hook, each in side.hooks.items() if (hook.of, hook.namespace) == (key.of, key.namespace)]
    return any(ran_as(key.name, hook.name) and goes_when_it_succeeded(each.body) for hook, each in alike)


def _judged(scene: Scene, row: Deployment, reached: Reach, made: tuple[Side, Ready]) -> list[_Leaving]:
    """Everything that Git no longer has, as it lives now."""
    side, ready = made
    rows = leaving(reached.inventory.rows, side, row)
    prune_mode, applysets = prune_rules(scene, row).prune, reached.inventory.labels
    with ThreadPoolExecutor(WORKERS) as pool:
        found = list(pool.map(lambda each: _read(reached, each, applysets), rows))
    taken = taken_by(scene, row.commit, [each.key for each in found if each.live and not each.kept], ready)
    found = [
        replace(each, kept=Kept(each.key, Stays.MOVED, str(taken[each.key]))) if each.key in taken else each
        for each in found
    ]
    hashed = [each for each in found if each.live and stem_of(each.key)]
    users = _users(reached, side) if hashed else []
    return [
        replace(each, kept=_kept(row, each, prune_mode, users)) if each.live and not (each.kept or each.going) else each
        for each in found
    ]


def _read(reached: Reach, row: InventoryRow, applysets: frozenset[str]) -> _Leaving:
    resource = reached.api.resource(row.object.of, row.api_version.rpartition("/")[2])
    live = reached.api.get(resource, row.object.namespace, row.object.name) if resource else None
    if isinstance(live, Refused):
        return _Leaving(row, {}, Kept(row.object, Stays.REFUSED, "to show it"))
    if live is None:
        return _Leaving(row, None)
    metadata = live["metadata"]
    if metadata.get("uid") != row.uid:
        return _Leaving(row, live, Kept(row.object, Stays.RECREATED))
    kept = stays(row, live, applysets)
    return _Leaving(row, live, kept, going="deletionTimestamp" in metadata and kept is None)


def _kept(row: Deployment, one: _Leaving, prune_mode: PruneMode, users: Sequence[Object]) -> Kept | None:
    """Why an object that has every key of its own stays all the same."""
    key = one.key
    before = next((each for each in row.progress.kept if each.object == key and each.why is Stays.REFUSED), None)
    if before is not None:
        return before
    if prune_mode is PruneMode.NEVER:
        return Kept(key, Stays.RULE)
    own_run = one.row.hook and one.row.commit == row.commit  # Deleting it was shown with the hook itself.
    if key not in row.progress.removals and not own_run:
        return Kept(key, Stays.UNSEEN)
    used_by = users_of(key, users) if stem_of(key) else []
    if used_by:
        user = used_by[0]
        return Kept(key, Stays.USED, f"{user['kind']} {user['metadata']['name']}")
    return None


def _users(reached: Reach, side: Side) -> list[Object]:
    """What may use configuration of ours: every object of the target, and what runs for it."""

    def found(key: ObjectKey, body: Object) -> list[Object]:
        resource = reached.api.resource(key.of, body["apiVersion"].rpartition("/")[2])
        live = reached.api.get(resource, key.namespace, key.name) if resource else None
        if resource is None or live is None or isinstance(live, Refused):
            return [body]
        return [live, *reached.api.related(resource, live)]

    with ThreadPoolExecutor(WORKERS) as pool:
        lists = pool.map(lambda each: found(each[0], each[1].body), side.objects.items())
        return [each for several in lists for each in several]


def _delete(
    scene: Scene, row: Deployment, reached: Reach, found: Sequence[_Leaving], now: Iterable[_Leaving]
) -> list[_Leaving]:
    """Journal, then delete a wave side by side; everything as it stands after that."""
    reached.inventories.widen(reached.inventory, [], row.commit)
    _still_mine(scene, row)
    with ThreadPoolExecutor(WORKERS) as pool:
        wave = list(now)
        answers = dict(zip([each.key for each in wave], pool.map(lambda each: _send(reached, each), wave), strict=True))
    return [_answered(scene, each, answers[each.key]) if each.key in answers else each for each in found]


def _send(reached: Reach, one: _Leaving) -> DeleteAnswer:
    row = one.row
    resource = reached.api.resource(row.object.of, row.api_version.rpartition("/")[2])
    return reached.api.delete(resource, row.object, row.uid) if resource else None


def _answered(scene: Scene, one: _Leaving, answer: DeleteAnswer) -> _Leaving:
    if answer is None:
        return replace(one, live=None)
    if not isinstance(answer, Refused):
        return replace(one, going=True)
    if answer.why == Refusal.GONE:
        return replace(one, kept=Kept(one.key, Stays.RECREATED))
    said = scene.redactor().text(answer.message).plain
    return replace(one, kept=Kept(one.key, Stays.REFUSED, said))


def _still_mine(scene: Scene, row: Deployment) -> None:
    with scene.ports.ledger.begin() as tx:
        if tx.deployments.get(row.id) != row:
            raise Overtaken


def _forget(scene: Scene, row: Deployment, keys: Sequence[ObjectKey]) -> None:
    """Take out of the ledger what is gone, as the answers arrive."""
    if not keys:
        return
    with scene.ports.ledger.begin() as tx:
        if tx.deployments.get(row.id) != row:
            raise Overtaken
        tx.inventory.drop(row.repository, row.target, keys)


def _noted(scene: Scene, row: Deployment, found: Sequence[_Leaving]) -> Deployment:
    """The row with how far it is. The time for the rest begins anew whenever something went."""
    progress, now = row.progress, scene.ports.clock.now()
    gone = [each.key for each in found if each.live is None and each.key in progress.removals]
    waits = [each for each in found if each.live is not None and not each.kept]
    away = now - row.changed if any(each.wait is Wait.CLUSTER for each in row.conditions) else 0.0
    removed = tuple(dict.fromkeys((*progress.removed, *gone)))
    earlier = [each for each in progress.kept if each.forgotten]
    stay = [each.kept for each in found if each.kept and not (each.row.hook and each.kept.why is Stays.UNSEEN)]
    kept = {each.object: each for each in (*earlier, *stay)}
    noted = replace(
        progress,
        done=len(removed),
        total=len(removed) + len(waits),
        since=now if gone else progress.since + away,
        waits_for=tuple(map(_waits, waits[:5])),
        kept=tuple(kept[key] for key in sorted(kept)),
        removed=removed,
    )
    return replace(row, progress=noted, conditions=(), reason="")


def _waits(one: _Leaving) -> str:
    finalizers = (one.live or {}).get("metadata", {}).get("finalizers") or ()
    return f"{one.key} to be gone" + (f", which {', '.join(map(str, finalizers))} holds up" if finalizers else "")


def _settle(scene: Scene, reached: Reach, side: Side) -> None:
    """Bring the ConfigMap to the rows that are left, and close the journal."""
    key, target = scene.repository.key, scene.target
    with scene.ports.ledger.begin() as tx:
        rows = [
            replace(row, left=not row.hook and row.object not in side.objects) for row in tx.inventory.of(key, target)
        ]
        tx.inventory.put(key, target, [row for row in rows if row.left])
    reached.inventories.settle(replace(reached.inventory, rows=tuple(rows)))
