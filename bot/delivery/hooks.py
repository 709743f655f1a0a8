"""What a deployment sends, step by step: the target's objects, and its hooks under the names of this commit."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from bot.delivery.scene import Reach
from bot.domain.deployments import Deployment
from bot.domain.inventory import InventoryRow
from bot.objects.canonical import digest
from bot.objects.health import HealthState, judge_run
from bot.objects.health.verdict import seconds_since
from bot.objects.hooks import run_of, runs_once
from bot.objects.identity import ObjectKey, key_of
from bot.planning.observe import WORKERS
from bot.planning.sides import Sent, Side
from bot.ports.clusters import PlanCluster, Refused


def steps(side: Side, row: Deployment) -> Sequence[Sequence[Sent]]:
    """Everything of a target in the order in which it is written: each step is healthy before the next begins."""
    ordered = side.in_order(installs=row.progress.installs)
    return [[_as_written(sent, row) for sent in step] for step in ordered] if side.hooks else ordered


def earlier_runs(reached: Reach, step: Sequence[Sent], now: float, longest: float) -> tuple[ObjectKey, ...]:
    """Hooks that still run for another commit or attempt, where a step has hooks: no two runs at once.

    One that is older than `longest` seconds is not waited for: its own deployment gave up on it. Raises
    ClusterUnreachable.
    """
    if not any(runs_once(sent.body) for sent in step):
        return ()
    mine = {key_of(sent.body) for sent in step}
    runs = [row for row in reached.inventory.rows if row.hook and row.object not in mine]
    with ThreadPoolExecutor(WORKERS) as pool:
        going = list(pool.map(lambda row: _goes_on(reached.api, row, now, longest), runs))
    return tuple(row.object for row, goes_on in zip(runs, going, strict=True) if goes_on)


def _goes_on(api: PlanCluster, row: InventoryRow, now: float, longest: float) -> bool:
    key = row.object
    resource = api.resource(key.of, row.api_version.rpartition("/")[2])
    live = api.get(resource, key.namespace, key.name) if resource else None
    if live is None or isinstance(live, Refused) or live["metadata"].get("uid") != row.uid:
        return False
    age = seconds_since(live["metadata"].get("creationTimestamp"), now)
    return judge_run(live, (), now).state is HealthState.IN_PROGRESS and age is not None and age < longest


def _as_written(sent: Sent, row: Deployment) -> Sent:
    if not runs_once(sent.body):
        return sent
    body = run_of(sent.body, row.commit, row.attempt)
    return replace(sent, body=body, digest=digest(body))
