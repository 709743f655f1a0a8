"""Objects whose definition changes in the same pull are judged by the definition as it will be."""

from dataclasses import dataclass
from typing import Any

from bot.domain.plans import Verb
from bot.objects.identity import Kind, Object, ObjectKey
from bot.objects.redact import Redactor
from bot.planning.compare import Comparing, Sides
from bot.planning.fields import Telling
from bot.planning.predict import Predictions
from bot.planning.refusing import Refusing, Upcoming, newly_doubted, refused_verdict
from bot.planning.sides import Sent
from bot.ports.clusters import Refusal, Refused, Resource

WIDGET = Kind("acme.io", "Widget")


def version(name: str, fields: tuple[str, ...]) -> Object:
    spec = {"type": "object", "properties": {field: {"type": "integer"} for field in fields}}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    return {"name": name, "served": True, "schema": schema}


def definition(*fields: str, newer: tuple[str, ...] = ()) -> Object:
    """A CustomResourceDefinition whose spec has these fields, and `newer` ones in v2 besides."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.acme.io"},
        "spec": {"versions": [version("v1", fields), version("v2", (*fields, *newer))]},
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


def widget(version: str, **spec: Any) -> Sent:
    body = {"apiVersion": f"acme.io/{version}", "kind": "Widget", "metadata": {"name": "w"}, "spec": spec}
    return Sent(body, f"{version}{spec}", "a.yaml", 1)


def judged(sides: Sides, why: str, message: str, *upcoming: Object) -> Any:
    """What is said of an object whose head the server refuses, while its definition may change in the same pull."""
    cluster: Any = Serving(definition("size"))
    telling = Telling(ObjectKey("acme.io", "Widget", "shop", "w"), Redactor(b"sixteen bytes or more", "r", "prod"))
    comparing = Comparing(telling, Predictions(cluster, None, None, final=False), ours=True)
    refusing = Refusing(cluster, Upcoming(frozenset(), dict.fromkeys([WIDGET], *upcoming) if upcoming else {}))
    return refused_verdict(sides, comparing, Refused(why, message), refusing)


NEWER = definition("size", newer=("new",))


def test_what_lives_in_another_version_is_changed_and_not_made() -> None:
    base, head = widget("v1", size=1), widget("v2", size=2)
    verdict, problem = judged(
        Sides(base, head, base, None), Refusal.NO_KIND, "not served", definition("size", newer=("new",))
    )
    assert problem is None
    for told in (verdict.change, verdict.write):
        assert (told.verb, told.checked) == (Verb.UPDATE, False)
        assert [field.path for field in told.fields] == ["apiVersion", "spec.size"]
    assert verdict.doubts == ()


def test_a_field_that_only_the_new_version_has_is_told_before_the_server_refuses_it() -> None:
    base, head = widget("v1", size=1), widget("v2", size=1, new=2)
    verdict, _ = judged(
        Sides(base, head, base, None), Refusal.NO_KIND, "not served", definition("size", newer=("new",))
    )
    ((field, why),) = verdict.doubts
    assert (field, why.partition(",")[0]) == ("spec.new", "acme.io/v1 lacks it")


def test_a_server_that_turns_an_object_back_into_its_old_version_is_explained() -> None:
    message = "failed to prune fields: failed to convert merged object to last applied version: .spec.new: field not"
    head = widget("v2", new=1)
    _, problem = judged(Sides(head, head, head, {}), Refusal.INVALID, f"{message} declared in schema")
    assert problem is not None
    assert "merge the new apiVersion without the field first" in problem.hint


def test_a_namespace_that_is_on_its_way_out_is_not_called_missing() -> None:
    head = widget("v1", size=1)
    message = "unable to create new content in namespace shop because it is being terminated"
    _, problem = judged(Sides(None, head, None, None), Refusal.NO_NAMESPACE, message)
    assert problem is not None
    assert problem.message == "the namespace shop is being deleted"
