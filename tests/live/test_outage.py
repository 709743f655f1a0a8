"""An API server that dies, hangs and comes back."""

import time
from contextlib import suppress

import pytest

from bot.cluster.gateway import Patience
from bot.cluster.open import KubernetesClusters
from bot.objects.identity import Kind
from bot.ports.clusters import Accepted, ClusterUnreachable, Presence
from fixtures.cluster.cluster import Cluster
from tests.live.conftest import KEY, Guarded

pytestmark = pytest.mark.live

QUICK = Patience(connect=3.0, read=3.0, total=8.0, pause=0.1)
SLOW = Patience(connect=5.0, read=60.0, total=120.0, pause=0.1)
"""For a server that has to answer in the end: after its start it takes its time."""


def test_while_the_server_is_dead_it_is_unreachable_and_after_that_it_works(
    guarded: Guarded, own_cluster: Cluster
) -> None:
    clusters = KubernetesClusters(KEY, SLOW)
    planner = clusters.plan(guarded.entry, guarded.grant)
    applier = clusters.apply(guarded.entry, guarded.grant)
    metadata = {"name": "outlived", "namespace": guarded.namespace}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "b"}}
    assert isinstance(applier.apply(body, force=False), Accepted)
    own_cluster.stop_apiserver()
    try:
        for attempt in (
            lambda: planner.dry_apply(body, force=False),
            lambda: applier.apply(body, force=False),
            lambda: planner.namespace(guarded.namespace),
            lambda: KubernetesClusters(KEY, SLOW).plan(guarded.entry, guarded.grant),
        ):
            with pytest.raises(ClusterUnreachable) as raised:
                attempt()
            assert str(raised.value) == f"cluster {guarded.entry.name} refuses connections or cannot be found"
    finally:
        own_cluster.start_apiserver()
    assert isinstance(planner.dry_apply(body, force=False), Accepted)
    assert isinstance(applier.apply(body, force=False), Accepted)
    assert clusters.plan(guarded.entry, guarded.grant).resource(Kind("apps", "Deployment")) is not None


def test_a_server_that_hangs_costs_a_bounded_time(guarded: Guarded, own_cluster: Cluster) -> None:
    planner = KubernetesClusters(KEY, QUICK).plan(guarded.entry, guarded.grant)

    def answers() -> bool:
        with suppress(ClusterUnreachable):
            return planner.namespace(guarded.namespace) is Presence.THERE
        return False

    own_cluster.pause()
    try:
        began = time.monotonic()
        with pytest.raises(ClusterUnreachable, match="in time"):
            planner.namespace(guarded.namespace)
        assert time.monotonic() - began < 30.0  # patience as it is by default would take longer
    finally:
        own_cluster.resume()
    own_cluster.wait_until("it answers again", answers)
