"""What counts as verified, and what never does."""

from dataclasses import replace
from typing import Any

import pytest

from bot.objects.canonical import digest
from bot.objects.identity import Object
from bot.planning.predict import Predictions
from bot.planning.sides import Sent
from bot.planning.verifying import Verifying, surroundings_of
from bot.ports.clusters import Accepted, Answer, ClusterUnreachable, Conflict, Conflicted, Refused

KEY = b"sixteen bytes or more"
BODY: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop"}}
SENT = Sent(BODY, digest(BODY), "a.yaml", 1)
OWNER = {"manager": "plumbline", "operation": "Apply", "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:data": {}}}
LIVE: Object = {**BODY, "metadata": {**BODY["metadata"], "uid": "u", "resourceVersion": "7", "managedFields": [OWNER]}}


def with_metadata(**more: Any) -> Object:
    return {**LIVE, "metadata": {**LIVE["metadata"], **more}}


class Scripted:
    """A cluster that gives the same answer each time, and counts."""

    def __init__(self, *answers: Answer, around: str | None = "1") -> None:
        self.answers, self.around, self.asked, self.looked = answers, around, 0, [""]

    def dry_apply(self, body: Object, *, force: bool) -> Answer:
        self.asked += 1
        return self.answers[-1 if force else 0]

    def surroundings(self, namespace: str) -> str | None:
        self.looked.append(namespace)
        if self.around == "away":
            raise ClusterUnreachable("away")
        return self.around


def asked_again(server: Scripted, then: Scripted, *, live: Object = LIVE, sent: Sent = SENT, who: str = "a") -> bool:
    """Whether a second plan asks, after a first one had this object planned."""
    first = Verifying(KEY, "a", (), surroundings_of(server))  # type: ignore[arg-type]
    Predictions(server, LIVE, first).of(SENT)  # type: ignore[arg-type]
    second = Verifying(KEY, who, first.fresh, surroundings_of(then))  # type: ignore[arg-type]
    Predictions(then, live, second).of(sent)  # type: ignore[arg-type]
    return then.asked > 0


SAME = Accepted(LIVE)
TOUCHED = with_metadata(resourceVersion="8", managedFields=[{**OWNER, "time": "2026-02-02T00:00:00Z"}])
STATUS = {**OWNER, "manager": "kubelet", "operation": "Update", "subresource": "status"}


@pytest.mark.parametrize(
    "live",
    [LIVE, TOUCHED, {**LIVE, "status": {"a": 1}}, with_metadata(managedFields=[OWNER, STATUS])],
    ids=["the same", "touched", "with another status", "with a status written by somebody"],
)
def test_an_object_whose_dry_run_changed_nothing_is_not_asked_about_again(live: Object) -> None:
    assert not asked_again(Scripted(SAME), Scripted(SAME), live=live)


FIELDS = {**OWNER, "fieldsV1": {"f:data": {"f:a": {}}}}
OTHER = Sent({**BODY, "data": {"a": "b"}}, "other", "a.yaml", 1)


@pytest.mark.parametrize(
    "more",
    [
        {"live": {**LIVE, "data": {"a": "b"}}},
        {"live": with_metadata(uid="v")},
        {"live": with_metadata(deletionTimestamp="2026-01-01T00:00:00Z")},
        {"live": with_metadata(managedFields=[FIELDS])},
        {"sent": OTHER},
        {"who": "b"},
    ],
    ids=["edited", "made again", "being deleted", "owned otherwise", "sent otherwise", "asked by somebody else"],
)
def test_anything_else_is(more: dict[str, Any]) -> None:
    assert asked_again(Scripted(SAME), Scripted(SAME), **more)


@pytest.mark.parametrize(
    "server",
    [
        Scripted(Accepted({**LIVE, "data": {"a": "b"}})),
        Scripted(replace(SAME, warnings=("deprecated",))),
        Scripted(Conflicted((Conflict("hpa", ".data"),)), SAME),
        Scripted(Refused("policy", "no")),
        Scripted(SAME, around=None),
        Scripted(SAME, around="away"),
    ],
    ids=["a change", "a warning", "a conflict", "a refusal", "not to be read", "not to be reached"],
)
def test_an_answer_that_says_more_than_nothing_changes_is_never_noted(server: Scripted) -> None:
    assert asked_again(server, Scripted(SAME))


def test_what_decides_is_read_before_the_answer_and_once_for_a_plan() -> None:
    assert asked_again(Scripted(SAME), Scripted(SAME, around="2"))
    server = Scripted(SAME)
    around = surroundings_of(server)  # type: ignore[arg-type]
    for _ in range(3):
        Predictions(server, LIVE, Verifying(KEY, "a", (), around)).of(SENT)  # type: ignore[arg-type]
    assert server.looked == ["", "", "shop"]
