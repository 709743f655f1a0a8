"""Fields that are left to others, as they are sent."""

from typing import Any

import pytest

from bot.domain.config import IgnoreRule
from bot.objects.canonical import PART_OF
from bot.planning.ignoring import left_alone

ENTRY = dict[str, Any]


def body(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "labels": {PART_OF: "ours", "a": "1"},
            "annotations": {"x": "1"},
        },
        "spec": spec,
    }


def owner(manager: str, operation: str, fields: ENTRY, subresource: str = "") -> ENTRY:
    return {"manager": manager, "operation": operation, "subresource": subresource, "fieldsV1": fields}


def live(entries: list[ENTRY], **spec: Any) -> dict[str, Any]:
    found = body(**spec)
    return {**found, "metadata": {**found["metadata"], "managedFields": entries}}


REPLICAS: ENTRY = {"f:spec": {"f:replicas": {}}}
RULE = IgnoreRule("apps", "Deployment", "w*", "spec.replicas")


def test_a_field_that_only_we_hold_takes_its_live_value() -> None:
    there = live([owner("plumbline", "Apply", REPLICAS)], replicas=5)
    assert left_alone(body(replicas=2), there, [RULE])["spec"] == {"replicas": 5}


def test_a_field_that_others_hold_is_not_sent() -> None:
    there = live([owner("kubectl", "Update", REPLICAS)], replicas=5)
    assert left_alone(body(replicas=2), there, [RULE])["spec"] == {}


def test_a_field_that_an_applier_holds_beside_us_is_not_sent() -> None:
    there = live([owner("plumbline", "Apply", REPLICAS), owner("argocd", "Apply", REPLICAS)], replicas=5)
    assert left_alone(body(replicas=2), there, [RULE])["spec"] == {}


def test_a_field_that_an_update_holds_beside_us_stays_ours() -> None:
    there = live([owner("plumbline", "Apply", REPLICAS), owner("kubectl", "Update", REPLICAS)], replicas=5)
    assert left_alone(body(replicas=2), there, [RULE])["spec"] == {"replicas": 5}


def test_a_field_that_somebody_took_away_is_not_put_back() -> None:
    assert left_alone(body(replicas=2), live([]), [RULE])["spec"] == {}


def test_replicas_of_an_autoscaler_need_no_rule() -> None:
    scaled = owner("kube-controller-manager", "Update", REPLICAS, "scale")
    assert left_alone(body(replicas=2), live([scaled], replicas=5), [])["spec"] == {}


def test_replicas_that_a_person_scaled_are_ours() -> None:
    scaled = owner("kubectl", "Update", REPLICAS, "scale")
    assert left_alone(body(replicas=2), live([scaled], replicas=5), [])["spec"] == {"replicas": 2}


def test_a_new_object_is_sent_as_git_has_it() -> None:
    assert left_alone(body(replicas=2), None, [RULE]) == body(replicas=2)


@pytest.mark.parametrize(
    "rule",
    [
        IgnoreRule("batch", "*", "*", "spec.replicas"),
        IgnoreRule("*", "StatefulSet", "*", "spec.replicas"),
        IgnoreRule("*", "*", "api", "spec.replicas"),
        IgnoreRule("*", "*", "*", "spec.replica"),
    ],
)
def test_a_rule_for_something_else_leaves_nothing(rule: IgnoreRule) -> None:
    assert left_alone(body(replicas=2), live([], replicas=5), [rule]) == body(replicas=2)


def test_items_of_lists_are_found_by_their_key_and_globs_match_anything() -> None:
    here = body(containers=[{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}])
    there = live([], containers=[{"name": "a", "image": "a:9"}, {"name": "b", "image": "b:9"}])
    one = left_alone(here, there, [IgnoreRule("*", "*", "*", "spec.containers[name=b].image")])
    assert [each["image"] for each in one["spec"]["containers"]] == ["a:1", "b:9"]
    both = left_alone(here, there, [IgnoreRule("*", "*", "*", "spec.containers[*].image")])
    assert [each["image"] for each in both["spec"]["containers"]] == ["a:9", "b:9"]


def test_names_and_our_label_are_never_left_to_others() -> None:
    here, there = body(replicas=2), live([], replicas=2)
    there["metadata"]["labels"] = {PART_OF: "theirs", "a": "2"}
    sent = left_alone(here, there, [IgnoreRule("*", "*", "*", "*")])
    assert sent["metadata"] == {**here["metadata"], "labels": {PART_OF: "ours", "a": "2"}}
    assert (sent["apiVersion"], sent["kind"]) == ("apps/v1", "Deployment")
