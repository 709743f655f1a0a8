"""Discovery and lists against answers that a current API server gives only now and then."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.cluster.connection import connect
from bot.cluster.discovery import Discovery
from bot.cluster.dry_run import PlanningCluster
from bot.cluster.gateway import Gateway, Patience
from bot.cluster.reading import label_selector
from bot.domain.grants import Cluster
from bot.objects.identity import Kind
from bot.ports.clusters import ClusterUnreachable, Resource
from tests.contract.api_stand_in import Got, Say, StandIn, failure, scripted

CONFIG_MAPS = Resource(Kind("", "ConfigMap"), "v1", "configmaps", True)
DEPLOYMENT = Kind("apps", "Deployment")


def planning(server: StandIn, folder: Path) -> PlanningCluster:
    cluster = Cluster("prod", str(server.kubeconfig(folder)), "", False, "", "", False, ())
    gateway = Gateway(connect(cluster), "", Patience(connect=20.0, read=20.0, total=60.0, pause=0.01))
    return PlanningCluster(gateway, Discovery(gateway))


def aggregated(*versions: tuple[str, str, str]) -> dict[str, Any]:
    """One group `apps` (or the core) with (version, resource, kind)."""
    found = [
        {
            "version": version,
            "resources": [
                {"resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced", "verbs": ["get", "patch"]}
            ],
        }
        for version, plural, kind in versions
    ]
    return {"kind": "APIGroupDiscoveryList", "items": [{"metadata": {"name": "apps"}, "versions": found}]}


NOTHING = {"kind": "APIGroupDiscoveryList", "items": []}


def test_the_servers_preferred_version_comes_first_and_others_by_name(tmp_path: Path) -> None:
    groups = aggregated(("v2", "deployments", "Deployment"), ("v1", "deployments", "Deployment"))
    with StandIn(lambda got: Say(body=NOTHING if got.path == "/api" else groups)) as server:
        cluster = planning(server, tmp_path)
        preferred, named = cluster.resource(DEPLOYMENT), cluster.resource(DEPLOYMENT, "v1")
        assert preferred is not None
        assert named is not None
        assert (preferred.api_version, named.api_version) == ("apps/v2", "apps/v1")
        assert cluster.resource(DEPLOYMENT, "v3") is None
    assert len(server.got) == 2


def test_asking_again_for_unknown_kinds_costs_little_and_sees_new_ones(tmp_path: Path) -> None:
    served = aggregated(("v1", "deployments", "Deployment"))
    tag = {"ETag": '"one"'}

    def react(got: Got) -> Say:
        if got.headers.get("if-none-match") == tag["ETag"]:
            return Say(304, b"", tag)
        return Say(body=NOTHING if got.path == "/api" else served, headers=tag)

    with StandIn(react) as server:
        cluster = planning(server, tmp_path)
        assert cluster.resource(DEPLOYMENT) is not None
        for number in range(50):
            assert cluster.resource(Kind("acme.io", f"Widget{number}")) is None
        assert len(server.got) == 2
        cluster.discovery.expire()
        assert cluster.resource(DEPLOYMENT) is not None
        assert [got.headers.get("if-none-match") for got in server.got[2:]] == ['"one"', '"one"']
        served["items"][0]["versions"][0]["resources"][0]["responseKind"]["kind"] = "Gadget"
        tag["ETag"] = '"two"'
        cluster.discovery.expire()
        assert cluster.resource(Kind("apps", "Gadget")) is not None


OLD = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupList",
        "groups": [
            {
                "name": "apps",
                "versions": [{"version": "v1beta1"}, {"version": "v1"}],
                "preferredVersion": {"version": "v1"},
            },
            {"name": "away.acme.io", "versions": [{"version": "v1"}]},
        ],
    },
    "/api/v1": {"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True, "verbs": ["get"]}]},
    "/apis/apps/v1": {
        "resources": [
            {"name": "deployments", "kind": "Deployment", "namespaced": True, "verbs": ["get"]},
            {"name": "deployments/scale", "kind": "Scale", "namespaced": True, "verbs": ["get"]},
        ]
    },
    "/apis/apps/v1beta1": {"resources": [{"name": "deployments", "kind": "Deployment", "namespaced": True}]},
}


def test_a_server_without_aggregated_discovery_is_asked_group_by_group(tmp_path: Path) -> None:
    with StandIn(lambda got: Say(body=OLD[got.path]) if got.path in OLD else failure(503, "away")) as server:
        cluster = planning(server, tmp_path)
        found = cluster.resource(DEPLOYMENT)
        assert found is not None
        assert (found.api_version, found.plural) == ("apps/v1", "deployments")
        assert cluster.resource(DEPLOYMENT, "v1beta1") is not None
        assert cluster.resource(Kind("", "ConfigMap")) == Resource(Kind("", "ConfigMap"), "v1", "configmaps", True)
        assert cluster.resource(Kind("apps", "Scale")) is None


@pytest.mark.parametrize("body", [b"<html>", {"kind": "Odd"}, {"kind": "APIGroupDiscoveryList", "items": [{}]}, []])
def test_discovery_that_makes_no_sense_is_unreachable(tmp_path: Path, body: Any) -> None:
    with StandIn(scripted(Say(body=body))) as server, pytest.raises(ClusterUnreachable, match="cannot be read"):
        planning(server, tmp_path).resource(DEPLOYMENT)


def page(names: str, token: str = "") -> Say:
    return Say(body={"metadata": {"continue": token}, "items": [{"metadata": {"name": name}} for name in names]})


def names_of(found: Any) -> str:
    return "".join(body["metadata"]["name"] for body in found)


def test_a_list_is_read_to_its_last_page(tmp_path: Path) -> None:
    with StandIn(scripted(page("ab", "next"), page("cd", "last"), page("e"))) as server:
        found = planning(server, tmp_path).list(CONFIG_MAPS, "shop", "applyset-x-v1")
    assert names_of(found) == "abcde"
    queries = [parse_qs(urlsplit(got.path).query) for got in server.got]
    assert [query.get("continue") for query in queries] == [None, ["next"], ["last"]]
    assert {query["labelSelector"][0] for query in queries} == {"applyset.kubernetes.io/part-of=applyset-x-v1"}
    assert {query["limit"][0] for query in queries} == {"500"}


def test_a_list_whose_pages_went_stale_is_read_anew(tmp_path: Path) -> None:
    gone = failure(410, "The provided continue parameter is too old", "Expired")
    with StandIn(scripted(page("ab", "next"), gone, page("xy", "next"), page("z"))) as server:
        assert names_of(planning(server, tmp_path).list(CONFIG_MAPS, "shop", "x")) == "xyz"
    with (
        StandIn(scripted(page("ab", "next"), gone, page("xy", "next"), gone)) as server,
        pytest.raises(ClusterUnreachable),
    ):
        planning(server, tmp_path).list(CONFIG_MAPS, "shop", "x")


def test_a_list_that_is_not_allowed_is_empty(tmp_path: Path) -> None:
    with StandIn(scripted(failure(403, 'configmaps is forbidden: User "u" cannot list', "Forbidden"))) as server:
        assert planning(server, tmp_path).list(CONFIG_MAPS, "shop", "x") == []


def test_a_list_without_its_namespace_is_not_asked_for(tmp_path: Path) -> None:
    with StandIn(scripted(page("a"))) as server:
        assert planning(server, tmp_path).list(CONFIG_MAPS, "", "x") == []
        assert planning(server, tmp_path).list(CONFIG_MAPS, "..", "x") == []
    assert server.got == []


def test_selectors_are_written_as_the_api_reads_them() -> None:
    expressions = [
        {"key": "tier", "operator": "In", "values": ["a", "b"]},
        {"key": "old", "operator": "DoesNotExist"},
        {"key": "kind", "operator": "NotIn", "values": ["x"]},
        {"key": "app", "operator": "Exists"},
    ]
    assert label_selector({"matchLabels": {"a": "b"}, "matchExpressions": expressions}) == (
        "!old,a=b,app,kind notin (x),tier in (a,b)"
    )
    assert label_selector(None) == label_selector({}) == ""
