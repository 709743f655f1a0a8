"""Deployments beside `kubectl apply --server-side` (DESIGN §12): until all is accepted and the inventory written.

Confirming and health are left out, as the peer has neither; what a pull's plan or confirming rendered is there already.
Ours go to one namespace, the peer's to another.
"""

from collections.abc import Iterator
from dataclasses import replace

from bot.delivery.applying import apply_wave
from bot.delivery.keeping import keep, move
from bot.delivery.scene import scene_of
from bot.domain.deployments import Deployment, DeploymentState
from tests.bench.plans import CHANGED, Shop, written
from tests.bench.rows import Row, timed
from tests.live.conftest import Guarded
from tests.live.granted import SHOP, WEB

APPLY = ("apply", "--server-side", "-f", "-")


def deploy_rows(guarded: Guarded, first: int, again: int) -> Iterator[Row]:
    """The rows for a first deployment of so many objects, and for one that changes five of so many."""
    with written(guarded, first) as shop:
        shop.bot.plan(shop.base, shop.base)
        ours = timed(lambda: _deploy(shop, shop.base))
        theirs = guarded.access.new_namespace()
        peer = timed(lambda: _apply(shop, shop.before, theirs))
        yield Row(f"deploy {first:,} objects until accepted", ours, 0.4, peer)
    with written(guarded, again) as shop:
        _deploy(shop, shop.base)
        shop.bot.plan(shop.base, shop.head)
        ours = timed(lambda: _deploy(shop, shop.head))
        theirs = guarded.access.new_namespace()
        _apply(shop, shop.before, theirs)
        peer = timed(lambda: _apply(shop, shop.sent, theirs))
        yield Row(f"deploy {again:,} objects again, {CHANGED} changed", ours, 0.05, peer)


def _apply(shop: Shop, text: str, namespace: str) -> None:
    access = shop.guarded.access
    access.kubectl(*APPLY, stdin=text.replace(shop.guarded.namespace, namespace), seconds=600)


def _deploy(shop: Shop, commit: str) -> None:
    """Everything between confirmed and accepted, wave by wave."""
    ports = shop.bot.ports
    with ports.ledger.begin() as tx:
        tx.repositories.see(SHOP)
        known = tx.repositories.get(SHOP.key)
        tx.repositories.move(SHOP.key, "main", commit, before=known.tip if known else "")
        row = tx.deployments.add(Deployment(0, SHOP.key, WEB, commit, 1, 0, DeploymentState.WAITING))
    assert row is not None
    for state in (DeploymentState.CONFIRMING, DeploymentState.APPLYING):
        row = keep(ports, row, move(row, state))
    while row.progress.total == 0 or row.progress.done < row.progress.total:
        scene = scene_of(ports, SHOP.key, WEB)
        assert scene is not None
        after, _ = apply_wave(scene, row)
        row = keep(ports, row, after)
        assert row.state is DeploymentState.SETTLING, row.reason
        further = replace(row.progress, wave=row.progress.wave + 1)
        if row.progress.done < row.progress.total:
            row = keep(ports, row, replace(move(row, DeploymentState.APPLYING), progress=further))
    keep(ports, row, move(row, DeploymentState.HEALTHY))
