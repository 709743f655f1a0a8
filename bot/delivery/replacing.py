"""Replacing: what cannot be changed in place is deleted and, once it is gone, made again by the next look at its wave.

The order is: the new object is tried under another name, the old one deleted with its UID, waited for, and the wave
written once more, which makes it. Whenever that is cut short, it goes on where it stopped: what has to be deleted is
what still refuses to be changed and still has the UID of our own write.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from bot.delivery.keeping import move
from bot.delivery.scene import Reach, Scene
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.removals import Stays, stays, why_kept
from bot.objects.identity import Kind, key_of
from bot.planning.observe import WORKERS
from bot.planning.sides import Sent
from bot.ports.clusters import Answer, ApplyCluster, Refusal, Refused

PAUSE = 0.5
"""Seconds until it is looked again whether what goes is gone."""

Problem = tuple[Sent, Answer]
_FATAL = (Refusal.INVALID, Refusal.TYPING, Refusal.POLICY, Refusal.TOO_LARGE)
_UNTRIED = Kind("", "Service")
"""Its addresses belong to the name that it has, so under another one it would be refused for no reason."""


def make_way(row: Deployment, reached: Reach, problems: Sequence[Problem]) -> tuple[list[Problem], tuple[str, ...]]:
    """Delete what people agreed to replace and the server will not change: the problems that are left, and what goes.

    Raises ClusterUnreachable.
    """
    with ThreadPoolExecutor(WORKERS) as pool:
        answers = list(pool.map(lambda each: _make_way(row, reached, each), problems))
    left = [(sent, answer) for (sent, _), answer in zip(problems, answers, strict=True) if answer is not None]
    goes = [sent for (sent, _), answer in zip(problems, answers, strict=True) if answer is None]
    return left, tuple(f"{key_of(sent.body)} to be gone, then it is made again" for sent in goes)


def await_gone(scene: Scene, row: Deployment, waits: tuple[str, ...], timeout: float) -> tuple[Deployment, float]:
    """The row still applying, waiting for what goes, or failed when it does not go in time; and seconds to pause."""
    now = scene.ports.clock.now()
    since = row.progress.since if row.progress.waits_for else now
    if now - since > timeout:
        return move(row, DeploymentState.FAILED, f"not gone after {timeout:.0f} s: {'; '.join(waits[:3])}"), 0.0
    return replace(row, conditions=(), progress=replace(row.progress, waits_for=waits[:5], since=since)), PAUSE


def _make_way(row: Deployment, reached: Reach, problem: Problem) -> Answer | None:
    """None when the object goes; else why it does not."""
    sent, answer = problem
    key, api = key_of(sent.body), reached.api
    if not isinstance(answer, Refused) or answer.why != Refusal.IMMUTABLE or key not in row.progress.replacing:
        return answer
    resource = api.resource(key.of, sent.body["apiVersion"].rpartition("/")[2])
    live = api.get(resource, key.namespace, key.name) if resource else None
    if live is None or resource is None:
        return None
    if isinstance(live, Refused):
        return live
    kept = stays(reached.inventory.row(key), live, reached.inventory.labels)
    if kept is not None and kept.why is not Stays.OPTED_OUT:
        return Refused(Refusal.IMMUTABLE, f"it cannot be changed in place, and is not deleted: {why_kept(kept)}")
    if "deletionTimestamp" in live["metadata"]:
        return None
    tried = _tried(api, sent)
    if tried is not None:
        return tried
    deleted = api.delete(resource, key, live["metadata"]["uid"])
    return deleted if isinstance(deleted, Refused) else None


def _tried(api: ApplyCluster, sent: Sent) -> Refused | None:
    """Why the new object would be refused although nothing stands in its way: found out before the old one goes."""
    key = key_of(sent.body)
    if key.of == _UNTRIED or not key.namespace:
        return None
    metadata = {**sent.body["metadata"], "name": f"{key.name[:40].rstrip('-.')}-plumbline-tries"}
    answer = api.dry_apply({**sent.body, "metadata": metadata}, force=True)
    return answer if isinstance(answer, Refused) and answer.why in _FATAL else None
