"""What tells why something is not healthy: events and logs, bounded, and nothing where they may not be read."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.objects.identity import Kind
from bot.ports.clusters import Resource
from tests.contract.api_stand_in import Got, Say, StandIn, failure
from tests.contract.test_cluster_reading import planning

CLAIMS = Resource(Kind("", "PersistentVolumeClaim"), "v1", "persistentvolumeclaims", True)


def test_events_are_asked_for_one_object_and_come_with_their_kind(tmp_path: Path) -> None:
    with StandIn(lambda _: Say(body={"items": [{"reason": "FailedMount"}]})) as server:
        found = planning(server, tmp_path).events("shop", "uid-1")
        assert [*found] == [{"apiVersion": "v1", "kind": "Event", "reason": "FailedMount"}]
        asked = urlsplit(server.got[0].path)
    assert asked.path == "/api/v1/namespaces/shop/events"
    assert parse_qs(asked.query)["fieldSelector"] == ["involvedObject.uid=uid-1,type=Warning"]


def test_the_last_lines_of_a_container_are_bounded_here_and_there(tmp_path: Path) -> None:
    lines = [f"line {number}" for number in range(30)]
    with StandIn(lambda _: Say(body="\n".join(lines).encode())) as server:
        found = planning(server, tmp_path).log("shop", "web-1", "c", 3)
        asked = urlsplit(server.got[0].path)
    assert found == ["line 27", "line 28", "line 29"]
    assert asked.path == "/api/v1/namespaces/shop/pods/web-1/log"
    assert {name: values[0] for name, values in parse_qs(asked.query).items()} == {
        "container": "c",
        "tailLines": "3",
        "limitBytes": "16384",
    }


@pytest.mark.parametrize("pod", ["..", "", "a/b", "web-1"])
def test_who_may_not_read_logs_or_names_no_pod_gets_none(tmp_path: Path, pod: str) -> None:
    with StandIn(lambda _: failure(403, "pods/log is forbidden", "Forbidden")) as server:
        cluster = planning(server, tmp_path)
        assert (cluster.log("shop", pod, "c", 3), cluster.events("shop", "uid")) == ([], [])
        assert len(server.got) == (2 if pod == "web-1" else 1)


def test_a_claim_that_is_not_bound_comes_with_its_storage_class(tmp_path: Path) -> None:
    def react(got: Got) -> Say:
        assert got.path == "/apis/storage.k8s.io/v1/storageclasses/fast"
        return Say(body={"metadata": {"name": "fast"}})

    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "shop"}}
    with StandIn(react) as server:
        cluster = planning(server, tmp_path)
        found = cluster.related(CLAIMS, {**claim, "spec": {"storageClassName": "fast"}})
        assert [each["metadata"]["name"] for each in found] == ["fast"]
        assert cluster.related(CLAIMS, claim) == []
