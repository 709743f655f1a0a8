"""Applying: one wave written, with the inventory widened before and settled after."""

import hmac
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace

from bot.delivery.keeping import Overtaken, keep, move
from bot.delivery.scene import Reach, Scene, reach, rendered
from bot.domain.config import IgnoreRule
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.inventory import InventoryRow
from bot.objects.identity import Object, ObjectKey, key_of
from bot.objects.order import waves
from bot.planning.ignoring import heeding
from bot.planning.observe import WORKERS
from bot.planning.sides import Side
from bot.ports.clusters import Accepted, Answer, ApplyCluster, Conflicted

BATCH = 64
"""Objects sent before it is looked again whether the deployment is still this worker's."""


def apply_wave(scene: Scene, row: Deployment) -> tuple[Deployment, float]:
    """Write the row's wave; the row settling or failed.

    Raises ClusterUnreachable when the server goes away half-way: the same wave is then written again, which changes
    nothing where it had been written.
    """
    _take_over(scene, row)
    reached = reach(scene)
    side, _ = rendered(scene, row.commit, reached)
    ordered = waves([sent.body for sent in side.objects.values()])
    if row.progress.wave >= len(ordered):
        return move(row, DeploymentState.SETTLING), 0.0
    bodies = ordered[row.progress.wave][1]
    reached.inventories.widen(reached.inventory, [key_of(body) for body in bodies], row.commit)
    problems = _write(scene, row, reached, side, bodies)
    _settle_inventory(scene, reached, side)
    done = sum(len(wave) for _, wave in ordered[: row.progress.wave]) + len(bodies) - len(problems)
    progress = replace(row.progress, done=done, total=len(side.objects), since=scene.ports.clock.now())
    if problems:
        reason = "; ".join(_said(scene, side, key, answer) for key, answer in problems[:3])
        return replace(move(row, DeploymentState.FAILED, reason), progress=progress), 0.0
    return replace(move(row, DeploymentState.SETTLING), progress=progress), 0.0


def _take_over(scene: Scene, row: Deployment) -> None:
    """Older deployments of the target end now that this one writes: it holds everything they held."""
    for older in scene.rows:
        if older.seq < row.seq and not older.state.ended:
            keep(scene.ports, older, move(older, DeploymentState.SUPERSEDED, row.commit))


def _write(
    scene: Scene, row: Deployment, reached: Reach, side: Side, bodies: Sequence[Object]
) -> list[tuple[ObjectKey, Answer]]:
    """Apply a wave's objects side by side, noting them as their answers arrive; what was refused, sorted."""
    ours = {str(each.object) for each in reached.inventory.rows} | set(row.progress.taken_over)
    problems: list[tuple[ObjectKey, Answer]] = []
    with ThreadPoolExecutor(WORKERS) as pool:
        for begin in range(0, len(bodies), BATCH):
            _still_mine(scene, row)
            batch = bodies[begin : begin + BATCH]
            tasks = {pool.submit(_apply, reached.api, body, side.ignore, ours): key_of(body) for body in batch}
            problems += _arrived(scene, row, side, tasks)
    return sorted(problems, key=lambda each: each[0])


def _arrived(
    scene: Scene, row: Deployment, side: Side, tasks: Mapping[Future[Answer], ObjectKey]
) -> list[tuple[ObjectKey, Answer]]:
    """Note the answers as they come; those that refuse. Raises what a task raised, once all have come."""
    problems: list[tuple[ObjectKey, Answer]] = []
    left = set(tasks)
    while left:
        arrived, left = wait(left, return_when=FIRST_COMPLETED)
        answers = [(tasks[task], task.result()) for task in arrived if task.exception() is None]
        _note(scene, row, side, [(key, each.object) for key, each in answers if isinstance(each, Accepted)])
        problems += [(key, each) for key, each in answers if not isinstance(each, Accepted)]
    for task in tasks:
        task.result()
    return problems


def _still_mine(scene: Scene, row: Deployment) -> None:
    """A worker that was stopped for a while finds its row moved on by the one that took over, and writes no more."""
    with scene.ports.ledger.begin() as tx:
        if tx.deployments.get(row.id) != row:
            raise Overtaken


def _apply(api: ApplyCluster, body: Object, rules: Sequence[IgnoreRule], ours: Collection[str]) -> Answer:
    """Send an object, what is left to others as it lives. Only what is ours, or was shown as a takeover, is forced: an
    owner that turned up since is not run over."""
    return api.apply(heeding(api, body, rules), force=str(key_of(body)) in ours)


def _note(scene: Scene, row: Deployment, side: Side, written: Sequence[tuple[ObjectKey, Object]]) -> None:
    """Rows for what arrived together, in one transaction."""
    rows = []
    for key, live in written:
        fingerprint = hmac.digest(scene.ports.fingerprint_key, side.objects[key].digest.encode(), "sha256").hex()
        rows.append(InventoryRow(key, live["apiVersion"], live["metadata"]["uid"], row.commit, fingerprint))
    with scene.ports.ledger.begin() as tx:
        if tx.deployments.get(row.id) != row:
            raise Overtaken
        tx.inventory.put(row.repository, row.target, rows)


def _said(scene: Scene, side: Side, key: ObjectKey, answer: Answer) -> str:
    sent = side.objects[key]
    why = "fields are held by others" if isinstance(answer, Conflicted) else getattr(answer, "message", "")
    return f"{sent.file}:{sent.line}: {key}: {scene.redactor().text(why).plain}"


def _settle_inventory(scene: Scene, reached: Reach, side: Side) -> None:
    """Bring the ConfigMap to the rows as they are, what left Git marked as left in place."""
    with scene.ports.ledger.begin() as tx:
        rows = tx.inventory.of(scene.repository.key, scene.target)
    marked = tuple(replace(row, left=row.object not in side.objects) for row in rows)
    try:
        reached.inventories.settle(replace(reached.inventory, rows=marked))
    finally:
        with scene.ports.ledger.begin() as tx:
            changed = [after for before, after in zip(rows, marked, strict=True) if before != after]
            tx.inventory.put(scene.repository.key, scene.target, changed)
