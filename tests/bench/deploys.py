"""Deployments beside `kubectl apply --server-side` (DESIGN §12): until all is accepted and the inventory written.

Confirming and health are left out, as the peer has neither; confirming itself is done as always, before the clock runs.
Ours go to one namespace, the peer's to another, and each has come to rest before it is deployed again.
"""

import statistics
from collections.abc import Iterator
from dataclasses import replace

from bot.delivery.applying import apply_wave
from bot.delivery.confirming import confirm
from bot.delivery.keeping import keep, move
from bot.delivery.scene import Scene, scene_of
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.subjects import commit_key
from bot.ports.ledger import POSTED, Said, posted
from tests.bench.plans import CHANGED, Shop, written
from tests.bench.rows import ROUNDS, Row, timed
from tests.live.conftest import Guarded
from tests.live.granted import SHOP, WEB
from tests.waiting import until

APPLY = ("apply", "--server-side", "-f", "-")


def deploy_rows(guarded: Guarded, first: int, again: int) -> Iterator[Row]:
    """The rows for a first deployment of so many objects, and for one that changes five of so many."""
    with written(guarded, first) as shop:
        ours = _deploy(shop, shop.base)
        theirs = guarded.access.new_namespace()
        peer = timed(lambda: _apply(shop, shop.before, theirs))
        yield Row(f"deploy {first:,} objects until accepted", ours, 0.4, peer)
    with written(guarded, again) as shop:
        _deploy(shop, shop.base)
        theirs = guarded.access.new_namespace()
        _apply(shop, shop.before, theirs)
        rounds = [_again(shop, theirs, number) for number in range(ROUNDS)]
        ours, peer = (statistics.median(took) for took in zip(*rounds, strict=True))
        yield Row(f"deploy {again:,} objects again, {CHANGED} changed", ours, 0.05, peer)


def _again(shop: Shop, theirs: str, number: int) -> tuple[float, float]:
    """Seconds of ours and of the peer, with the changes in even rounds and back without them in odd ones."""
    commit, text = (shop.base, shop.before) if number % 2 else (shop.head, shop.sent)
    for namespace in (shop.guarded.namespace, theirs):
        _rest(shop.guarded, namespace)
    return _deploy(shop, commit, 1 + (number + 1) // 2), timed(lambda: _apply(shop, text, theirs))


def _apply(shop: Shop, text: str, namespace: str) -> None:
    access = shop.guarded.access
    access.kubectl(*APPLY, stdin=text.replace(shop.guarded.namespace, namespace), seconds=600)


def _rest(guarded: Guarded, namespace: str) -> None:
    """Wait until the controllers are done with what was deployed before: they would take the machine from either."""

    def seen() -> bool:
        found = guarded.access.get("deployments", "-n", namespace)["items"]
        return all(each["metadata"]["generation"] == each["status"].get("observedGeneration") for each in found)

    until(seen, seconds=120)


def _deploy(shop: Shop, commit: str, attempt: int = 1) -> float:
    """Seconds that a deployment takes to apply, wave by wave, from confirmed until accepted."""
    row = _confirmed(shop, _due(shop, commit, attempt))
    seconds = timed(lambda: _applied(shop, row))
    with shop.bot.ledger.begin() as tx:
        settling = tx.deployments.get(row.id)
    assert settling is not None
    keep(shop.bot.ports, settling, move(settling, DeploymentState.HEALTHY))
    return seconds


def _due(shop: Shop, commit: str, attempt: int) -> Deployment:
    """The row of a direct push."""
    waiting = Deployment(0, SHOP.key, WEB, commit, attempt, 0, DeploymentState.WAITING, direct=True)
    with shop.bot.ledger.begin() as tx:
        tx.repositories.see(SHOP)
        known = tx.repositories.get(SHOP.key)
        assert known is not None
        tx.repositories.move(SHOP.key, "main", commit, before=known.tip)
        row = tx.deployments.add(replace(waiting, base=known.tip, since=known.tip, direct_rulers=(commit,)))
    assert row is not None
    return keep(shop.bot.ports, row, move(row, DeploymentState.CONFIRMING))


def _confirmed(shop: Shop, row: Deployment) -> Deployment:
    """The row applying, once its plan was posted, as handlers do."""
    while row.state is DeploymentState.CONFIRMING:
        after, _ = confirm(_scene(shop), row)
        row = keep(shop.bot.ports, row, after)
        with shop.bot.ledger.begin() as tx:
            plan = tx.plans.of_commit(row.repository, row.commit)
            assert plan is not None
            tx.slots.put(commit_key(row.repository, row.commit), POSTED, Said(1, posted(plan)))
    assert row.state is DeploymentState.APPLYING, row
    return row


def _applied(shop: Shop, row: Deployment) -> None:
    while row.progress.total == 0 or row.progress.done < row.progress.total:
        after, _ = apply_wave(_scene(shop), row)
        row = keep(shop.bot.ports, row, after)
        assert row.state is DeploymentState.SETTLING, row.reason
        further = replace(row.progress, wave=row.progress.wave + 1)
        if row.progress.done < row.progress.total:
            row = keep(shop.bot.ports, row, replace(move(row, DeploymentState.APPLYING), progress=further))


def _scene(shop: Shop) -> Scene:
    scene = scene_of(shop.bot.ports, SHOP.key, WEB)
    assert scene is not None
    return scene
