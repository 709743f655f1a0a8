"""Which live objects are orphans: what we applied under the label of an inventory of ours that does not have it."""

import json
from typing import Any

import pytest

from bot.domain.orphans import Orphans, orphaned
from bot.domain.subjects import Target
from bot.objects.identity import Object, ObjectKey

WEB = Target("prod", "web")
LABEL = "applyset.kubernetes.io/part-of"
FIELDS = {"manager": "plumbline", "operation": "Apply", "fieldsV1": {"f:data": {"f:a": {}}}}


def live(name: str, label: str = "applyset-web-v1", manager: str = "plumbline", **metadata: Any) -> Object:
    fields = [{**FIELDS, "manager": manager}]
    metadata = {"name": name, "namespace": "shop", "labels": {LABEL: label}, "managedFields": fields, **metadata}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": json.loads(json.dumps(metadata))}


def key(name: str) -> ObjectKey:
    return ObjectKey("", "ConfigMap", "shop", name)


def found(*lives: Object, owned: tuple[str, ...] = ()) -> tuple[Orphans, ...]:
    return orphaned(lives, {"applyset-web-v1": WEB}, {key(name) for name in owned})


def test_what_no_row_names_is_told_by_target() -> None:
    assert found(live("b"), live("owned"), live("a"), owned=("owned",)) == (Orphans(WEB, (key("a"), key("b"))),)


@pytest.mark.parametrize(
    "other",
    [
        live("a", label="applyset-of-another-tool-v1"),
        live("a", manager="endpoint-controller"),
        live("a", ownerReferences=[{"controller": True, "kind": "Service", "name": "web"}]),
        live("a", deletionTimestamp="2026-01-01T00:00:00Z"),
    ],
)
def test_what_is_not_ours_or_goes_already_is_no_orphan(other: Object) -> None:
    assert found(other) == ()
