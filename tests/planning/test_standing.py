"""Whether an object stands is remembered for one version of it, and for what would be sent, and for nothing else."""

from typing import Any

from bot.objects.canonical import digest
from bot.planning.sides import Sent
from bot.planning.standing import stands

BODY: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"word": "ours"}}
OWNED: dict[str, Any] = {"f:data": {"f:word": {}}}


def sent(word: str, *, unstable: bool = False) -> Sent:
    body = {**BODY, "data": {"word": word}}
    return (
        Sent(body, digest(BODY), "a.yaml", 1, unstable=(("data", "word"),))
        if unstable
        else Sent(body, digest(body), "a.yaml", 1)
    )


def lives(word: str, version: str) -> dict[str, Any]:
    entry = {"manager": "plumbline", "operation": "Apply", "apiVersion": "v1", "fieldsV1": OWNED}
    metadata = {"name": "a", "uid": "u", "resourceVersion": version, "managedFields": [entry]}
    return {**BODY, "metadata": metadata, "data": {"word": word}}


def test_a_version_that_stood_stands_without_being_compared_again() -> None:
    assert stands(sent("ours"), lives("ours", "101"))
    assert stands(sent("ours"), {"metadata": {"uid": "u", "resourceVersion": "101"}})


def test_a_later_version_and_another_body_are_compared_anew() -> None:
    assert stands(sent("ours"), lives("ours", "201"))
    assert not stands(sent("ours"), lives("theirs", "202"))
    assert not stands(sent("newer"), lives("ours", "201"))


def test_what_did_not_stand_is_compared_again() -> None:
    assert not stands(sent("ours"), lives("theirs", "301"))
    assert stands(sent("ours"), lives("ours", "301"))


def test_fields_that_each_render_makes_up_are_compared_each_time() -> None:
    assert stands(sent("ours", unstable=True), lives("ours", "401"))
    assert not stands(sent("made up", unstable=True), lives("ours", "401"))


def test_custom_resources_are_compared_each_time_as_their_definition_may_show_them_otherwise() -> None:
    custom = {**BODY, "apiVersion": "acme.io/v1", "kind": "Widget"}
    of = Sent(custom, digest(custom), "a.yaml", 1)
    entry = {"manager": "plumbline", "operation": "Apply", "apiVersion": "acme.io/v1", "fieldsV1": OWNED}
    live = {**custom, "metadata": {"name": "a", "uid": "u", "resourceVersion": "501", "managedFields": [entry]}}
    assert stands(of, live)
    assert not stands(of, {**live, "data": {}})


def test_what_has_no_version_is_compared_each_time() -> None:
    assert stands(sent("ours"), lives("ours", ""))
    assert not stands(sent("ours"), lives("theirs", ""))
