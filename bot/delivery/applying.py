"""Applying: one wave written, with the inventory widened before and settled after."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bot.delivery.hooks import earlier_runs, steps
from bot.delivery.keeping import Overtaken, keep, move
from bot.delivery.replacing import await_gone, make_way
from bot.delivery.scene import Reach, Scene, reach, rendered
from bot.domain.config import IgnoreRule
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.inventory import InventoryRow
from bot.objects.hooks import runs_once
from bot.objects.identity import Object, ObjectKey, key_of
from bot.planning.ignoring import heeded, heeding
from bot.planning.observe import WORKERS, Wanted, observe
from bot.planning.refusing import worded
from bot.planning.sides import Sent, Side, declared
from bot.planning.standing import stands
from bot.ports.clusters import Accepted, Answer, ApplyCluster, Refusal, Refused
from bot.ports.ledger import Transaction

RUNS_AGAIN = 1.0
"""Seconds until it is looked again whether an earlier hook has ended."""
SERVED = 10.0
"""Seconds in which an API server may still judge objects by their definition as it was before it changed."""
SERVED_AGAIN = 0.5
TOGETHER = 0.05
"""Seconds in which answers are gathered before they are noted: a transaction for each takes longer than it does."""
BATCH = 64
"""Objects sent before it is looked again whether the deployment is still this worker's, which noting them tells."""


def apply_wave(scene: Scene, row: Deployment) -> tuple[Deployment, float]:
    """Write the row's wave; the row settling or failed, or still applying and a pause while a hook has no turn yet.

    Raises ClusterUnreachable when the server goes away half-way: the same wave is then written again, which changes
    nothing where it had been written.
    """
    _take_over(scene, row)
    reached = reach(scene)
    side, ready = rendered(scene, row.commit, reached)
    ordered = steps(side, row)
    if row.progress.wave >= len(ordered):
        return move(row, DeploymentState.SETTLING), 0.0
    step = ordered[row.progress.wave]
    now = scene.ports.clock.now()
    runs = earlier_runs(reached, step, now, ready.app.health_timeout)
    if runs:
        waits_for = tuple(f"{key}, which still runs for another commit" for key in runs)
        return _waiting_for(row, waits_for), RUNS_AGAIN
    wave = _look(reached, side.ignore, step)
    if not wave.covered:
        reached.inventories.widen(reached.inventory, [*wave.objects], row.commit)
    notes = _Notes(scene, row, {each.object: each for each in reached.inventory.rows})
    problems = _write(reached, wave, notes)
    problems, going = make_way(row, reached, problems)
    if going and not problems:
        return await_gone(scene, row, going, ready.app.health_timeout)
    unserved = _unserved(side, problems, now - row.progress.since)
    if unserved:
        return _waiting_for(row, unserved), SERVED_AGAIN
    if wave.due or not wave.covered or step is ordered[-1]:
        reached.inventories.settle(replace(reached.inventory, rows=tuple(notes.marked(side))))
    done = sum(len(each) for each in ordered[: row.progress.wave]) + len(step) - len(problems)
    total = sum(len(each) for each in ordered)
    progress = replace(row.progress, done=done, total=total, since=scene.ports.clock.now(), waits_for=())
    if problems:
        reason = "; ".join(_said(scene, sent, answer) for sent, answer in problems[:3])
        return replace(move(row, DeploymentState.FAILED, reason), progress=progress), 0.0
    return replace(move(row, DeploymentState.SETTLING), progress=progress), 0.0


def _waiting_for(row: Deployment, what: tuple[str, ...]) -> Deployment:
    """The row as it stands while its wave has to wait for something of its own."""
    return replace(row, conditions=(), reason="", progress=replace(row.progress, waits_for=what))


def _take_over(scene: Scene, row: Deployment) -> None:
    """Older deployments of the target end now that this one writes: it holds everything they held."""
    for older in scene.rows:
        if older.seq < row.seq and not older.state.ended:
            keep(scene.ports, older, move(older, DeploymentState.SUPERSEDED, row.commit))


@dataclass(frozen=True, slots=True)
class _Wave:
    """What is written side by side, and the rules for fields that are left to others.

    `standing` are the objects that sending would leave as they live, `due` those to send. `covered` says that each was
    written before and lives on: then the inventory in the cluster needs no journal, since it knows all that there is.
    """

    ignore: Sequence[IgnoreRule]
    objects: Mapping[ObjectKey, Sent]
    standing: Mapping[ObjectKey, Object]
    due: Sequence[ObjectKey]
    covered: bool


def _look(reached: Reach, ignore: Sequence[IgnoreRule], step: Sequence[Sent]) -> _Wave:
    """A step beside what lives. Raises ClusterUnreachable.

    A hook that was written before is not written again: it may have ended and be gone.
    """
    objects = {key_of(sent.body): sent for sent in step}
    uids = {row.object: row.uid for row in reached.inventory.rows}
    ran = {key for key, sent in objects.items() if key in uids and runs_once(sent.body)}
    wanted = [
        Wanted(key, sent.body["apiVersion"].rpartition("/")[2])
        for key, sent in objects.items()
        if key in uids and key not in ran
    ]
    live = observe(reached.api, wanted, reached.inventory.applyset).live if wanted else {}
    standing = {key: found for key, found in live.items() if stands(heeded(objects[key], found, ignore), found)}
    due = [key for key in objects if key not in ran and key not in standing]
    there = {key for key, found in live.items() if found["metadata"]["uid"] == uids[key]}
    return _Wave(ignore, objects, standing, due, covered=objects.keys() <= ran | there)


@dataclass(frozen=True, slots=True)
class _Notes:
    """Puts down what was written. `rows` are the inventory's, with what was noted since they were read."""

    scene: Scene
    row: Deployment
    rows: dict[ObjectKey, InventoryRow]

    def add(self, written: Mapping[ObjectKey, tuple[Sent, Object]]) -> None:
        """Rows for what arrived together, in one transaction. Raises Overtaken."""
        noted = {key: self._row(key, sent, live) for key, (sent, live) in written.items()}
        with self.mine() as tx:
            if noted:
                tx.inventory.put(self.row.repository, self.row.target, [*noted.values()])
        self.rows.update(noted)

    def marked(self, side: Side) -> Sequence[InventoryRow]:
        """All rows, with what left Git marked as left in place. Hooks never were in it. Raises Overtaken.

        Where something has to be marked they are read again: another target may have taken what left Git.
        """
        with self.mine() as tx:
            if not any(row.left != _left(row, side) for row in self.rows.values()):
                return [*self.rows.values()]
            rows = tx.inventory.of(self.row.repository, self.row.target)
            marked = [replace(row, left=_left(row, side)) for row in rows]
            changed = [after for before, after in zip(rows, marked, strict=True) if before != after]
            tx.inventory.put(self.row.repository, self.row.target, changed)
        return marked

    @contextmanager
    def mine(self) -> Iterator[Transaction]:
        """A transaction in which the deployment is this worker's. Raises Overtaken.

        Every batch comes between two of these: a worker that was stopped for a while finds its row moved on by the one
        that took over, and writes no more.
        """
        with self.scene.ports.ledger.begin() as tx:
            if tx.deployments.get(self.row.id) != self.row:
                raise Overtaken
            yield tx

    def _row(self, key: ObjectKey, sent: Sent, live: Object) -> InventoryRow:
        wrote = live["apiVersion"], live["metadata"]["uid"], self.row.commit, self.scene.fingerprint(sent)
        return InventoryRow(key, *wrote, hook=runs_once(sent.body))


def _write(reached: Reach, wave: _Wave, notes: _Notes) -> list[tuple[Sent, Answer]]:
    """Apply a wave's objects side by side, noting them as their answers arrive; what was refused, sorted.

    What would be left as it lives is noted all the same, while the first answers are awaited: the newest commit stands
    for all that is there.
    """
    ours = {*map(str, notes.rows), *notes.row.progress.taken_over}
    standing = {key: (wave.objects[key], live) for key, live in wave.standing.items()}
    problems: list[tuple[Sent, Answer]] = []
    pool = ThreadPoolExecutor(WORKERS)
    try:
        with notes.mine():
            pass
        for begin in range(0, len(wave.due) or 1, BATCH):
            batch = [wave.objects[key] for key in wave.due[begin : begin + BATCH]]
            tasks = {pool.submit(_apply, reached.api, sent, wave.ignore, ours): sent for sent in batch}
            notes.add(standing)
            standing = {}
            problems += _arrived(notes, tasks)
    finally:
        # What was not begun is not sent once the deployment is somebody else's.
        pool.shutdown(cancel_futures=True)
    return sorted(problems, key=lambda each: key_of(each[0].body))


def _arrived(notes: _Notes, tasks: Mapping[Future[Answer], Sent]) -> list[tuple[Sent, Answer]]:
    """Note the answers as they come; those that refuse. Raises what a task raised, once all have come."""
    problems: list[tuple[Sent, Answer]] = []
    left = set(tasks)
    while left:
        wait(left, return_when=FIRST_COMPLETED)
        arrived, left = wait(left, TOGETHER)
        answers = [(tasks[task], task.result()) for task in arrived if task.exception() is None]
        notes.add({key_of(sent.body): (sent, each.object) for sent, each in answers if isinstance(each, Accepted)})
        problems += [(sent, each) for sent, each in answers if not isinstance(each, Accepted)]
    for task in tasks:
        task.result()
    return problems


def _apply(api: ApplyCluster, sent: Sent, rules: Sequence[IgnoreRule], ours: Collection[str]) -> Answer:
    """Send an object, what is left to others as it lives. Only what is ours, or was shown as a takeover, is forced: an
    owner that turned up since is not run over."""
    return api.apply(heeding(api, sent, rules), force=str(key_of(sent.body)) in ours)


def _unserved(side: Side, problems: Sequence[tuple[Sent, Answer]], passed: float) -> tuple[str, ...]:
    """What to wait for where all that was refused may be so because a definition of the same target, written with the
    wave before, is not in force yet: servers take them up a moment after they have accepted them. `passed` in seconds.
    """
    kinds = {declared(sent.body) for sent in side.objects.values()} if problems and passed < SERVED else set()
    early = (Refusal.TYPING, Refusal.INVALID, Refusal.NO_KIND)
    late = [isinstance(answer, Refused) and answer.why in early for _, answer in problems]
    if not all(late) or not all(key_of(sent.body).of in kinds for sent, _ in problems):
        return ()
    return tuple(f"{key_of(sent.body)}, whose definition changed, to be taken" for sent, _ in problems[:5])


def _said(scene: Scene, sent: Sent, answer: Answer) -> str:
    """Why an object was not written, and what helps, as its plan would say it."""
    why, hint = "fields are held by others", ""
    if isinstance(answer, Refused):
        why, hint = worded(key_of(sent.body), answer)
    remedy = f" ({hint})" if hint else ""
    return f"{sent.file}:{sent.line}: {key_of(sent.body)}: {scene.redactor().text(why).plain}{remedy}"


def _left(row: InventoryRow, side: Side) -> bool:
    return not row.hook and row.object not in side.objects
