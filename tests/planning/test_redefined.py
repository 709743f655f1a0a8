"""Objects whose definition changes in the same pull are judged by the definition as it will be."""

from dataclasses import dataclass
from typing import Any

from bot.objects.identity import Kind, Object
from bot.planning.refusing import Refusing, Upcoming, newly_doubted
from bot.planning.sides import Sent
from bot.ports.clusters import Resource

WIDGET = Kind("acme.io", "Widget")


def definition(*fields: str) -> Object:
    """A CustomResourceDefinition whose spec has these fields."""
    spec = {"type": "object", "properties": {field: {"type": "integer"} for field in fields}}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.acme.io"},
        "spec": {"versions": [{"name": "v1", "served": True, "schema": schema}]},
    }


@dataclass
class Serving:
    """A cluster that serves one definition, and counts how often it was read."""

    live: Object | None
    reads: int = 0

    def resource(self, kind: Kind, version: str = "") -> Resource:
        return Resource(kind, "v1", "customresourcedefinitions", False)

    def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        self.reads += 1
        return self.live


def doubted(cluster: Serving, upcoming: Object | None, **spec: Any) -> list[str]:
    body = {"apiVersion": "acme.io/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": spec}
    kinds = {WIDGET: upcoming} if upcoming else {}
    refusing = Refusing(cluster, Upcoming(frozenset(), kinds))  # type: ignore[arg-type]
    return [field for field, _ in newly_doubted(Sent(body, "a", "a.yaml", 1), refusing)]


def test_a_field_that_the_new_definition_drops_is_told() -> None:
    assert doubted(Serving(definition("size", "old")), definition("size"), size=1, old=1) == ["spec.old"]


def test_what_the_living_definition_does_not_have_either_is_the_servers_to_judge() -> None:
    assert doubted(Serving(definition("size")), definition("size"), size=1, odd=1) == []
    assert doubted(Serving(None), definition("size"), odd=1) == []


def test_nobody_is_asked_where_there_is_no_doubt() -> None:
    cluster = Serving(definition("size"))
    assert doubted(cluster, definition("size"), size=1) == doubted(cluster, None, odd=1) == []
    assert cluster.reads == 0
