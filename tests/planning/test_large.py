"""Objects that somebody made large on purpose are compared in seconds, and told in a bounded number of fields."""

import time
from typing import Any

import pytest

from bot.objects.canonical import digest
from bot.objects.identity import Object, key_of
from bot.objects.redact import Redactor
from bot.planning.compare import Comparing, Sides, compare
from bot.planning.fields import MOST, Telling
from bot.planning.predict import Predictions
from bot.planning.sides import Sent
from bot.ports.clusters import Accepted

COUNT = 5_000


class Echo:
    """A cluster that would keep every object just as it is sent."""

    def dry_apply(self, body: Object, *, force: bool) -> Accepted:
        return Accepted(body)


def owned(body: Object, fields: dict[str, Any], manager: str) -> Object:
    entry = {"manager": manager, "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": fields}
    ours = {**entry, "manager": "plumbline", "operation": "Apply", "fieldsV1": {"f:data": {}}}
    return {**body, "metadata": {**body["metadata"], "managedFields": [entry, ours], "resourceVersion": "1"}}


def made(kind: str, **rest: Any) -> Object:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "a", "namespace": "shop"}, **rest}


def keys(prefix: str) -> Object:
    return made("ConfigMap", data={f"{prefix}{number}": "x" for number in range(COUNT)})


def variables(value: str) -> Object:
    env = [{"name": f"V{number}", "value": value} for number in range(COUNT)]
    return made("Pod", spec={"containers": [{"name": "a", "image": "a", "env": env}]})


def alike(last: int) -> Object:
    return made("Widget", spec={"items": [{"a": 1}] * COUNT + [{"a": last}] + [{"a": 1}] * COUNT})


def text(word: str) -> Object:
    return made("ConfigMap", data={"a": "x\n" * 4_000 + word})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (keys("a"), keys("b")),
        (variables("x"), variables("y")),
        (alike(2), alike(3)),
        (text("x"), text("y")),
    ],
    ids=["every key another", "every variable changed", "items that are all alike", "lines that are all alike"],
)
def test_it_takes_seconds_and_tells_a_bounded_number_of_fields(before: Object, after: Object) -> None:
    key = key_of(before)
    sent = [Sent(body, digest(body), "a.yaml", 1) for body in (before, after)]
    names = before.get("data") or {}
    live = owned(before, {"f:data": {f"f:{name}": {} for name in names}}, "kubectl-edit")
    telling = Telling(key, Redactor(b"sixteen bytes or more", "github:12", "prod"))
    started = time.process_time()
    verdict = compare(Sides(sent[0], sent[1], sent[0], live), Comparing(telling, Predictions(Echo()), True))  # type: ignore[arg-type]
    assert time.process_time() - started < 30
    assert verdict.change is not None
    assert 1 <= len(verdict.change.fields) <= 2 * MOST + 1
