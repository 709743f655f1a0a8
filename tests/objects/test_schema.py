"""Custom objects against their definition: what is certainly wrong is told, and nothing else."""

from typing import Any

import pytest

from bot.objects.schema import doubts

SPEC = {
    "type": "object",
    "required": ["size", "shape"],
    "properties": {
        "size": {"type": "integer"},
        "shape": {"type": "string", "enum": ["round", "square"], "default": "round"},
        "port": {"x-kubernetes-int-or-string": True},
        "names": {"type": "array", "items": {"type": "string"}},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "free": {
            "type": "object",
            "x-kubernetes-preserve-unknown-fields": True,
            "properties": {"n": {"type": "number"}},
        },
        "on": {"type": "boolean"},
    },
}


def definition(spec: Any = SPEC, **more: Any) -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    versions = [{"name": "v1", "served": True, "schema": schema, **more}]
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": {"versions": versions}}


def widget(version: str = "v1", **spec: Any) -> dict[str, Any]:
    metadata = {"name": "a", "labels": {"x": "y"}}
    return {"apiVersion": f"acme.io/{version}", "kind": "Widget", "metadata": metadata, "spec": {"size": 1, **spec}}


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"size": "1"}, ("spec.size", "must be of type integer")),
        ({"size": True}, ("spec.size", "must be of type integer")),
        ({"shape": "flat"}, ("spec.shape", "is none of the values that are allowed")),
        ({"sizes": 1}, ("spec.sizes", "is not in the schema of its definition")),
        ({"names": ["a", 1]}, ("spec.names[1]", "must be of type string")),
        ({"labels": {"a": 1}}, ("spec.labels.a", "must be of type string")),
        ({"free": {"n": "x"}}, ("spec.free.n", "must be of type number")),
    ],
)
def test_what_is_wrong_is_told_at_its_field(spec: dict[str, Any], told: tuple[str, str]) -> None:
    assert doubts(widget(**spec), definition()) == [told]


def test_a_required_field_is_missed_unless_it_has_a_default() -> None:
    body = widget()
    del body["spec"]["size"]
    assert doubts(body, definition()) == [("spec.size", "is required")]


def test_what_may_be_is_not_told() -> None:
    good = widget(port="http", names=["a"], labels={"a": "b"}, free={"n": 1.5, "x": [1]}, on=False, shape=None)
    assert doubts(good, definition()) == []
    assert doubts(widget(port=80), definition()) == []
    assert doubts(widget(anything=1), definition({"x-kubernetes-preserve-unknown-fields": True})) == []


def test_a_version_must_be_served() -> None:
    assert doubts(widget("v2"), definition()) == [("apiVersion", "its definition has no version v2")]
    assert doubts(widget(), definition(served=False)) == [("apiVersion", "its definition does not serve v1")]


@pytest.mark.parametrize("spec", [7, [], {"properties": 7, "required": 7}, {"type": 7}, {"type": "array", "items": 7}])
def test_a_definition_that_makes_no_sense_breaks_nothing(spec: Any) -> None:
    doubts(widget(), definition(spec))
    doubts(widget(), {"spec": {"versions": spec}})
