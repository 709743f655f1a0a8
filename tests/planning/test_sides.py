"""Renders made ready to be sent: whatever stands in a manifest, it is objects or a mistake with its place."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.config import App
from bot.domain.errors import UserMistake
from bot.domain.grants import Grant
from bot.objects.canonical import PART_OF
from bot.objects.identity import Kind, ObjectKey
from bot.objects.kinds import is_namespaced
from bot.objects.read import ManifestError, SourceObject, read_stream
from bot.planning.sides import NotTaken, Ready, Side, declared, make_side
from tests.objects.json_values import values

READY = Ready(App("web", "web", ("prod",), namespace="shop"), None, "applyset-x-v1", is_namespaced)
KINDS = ["ConfigMap", "Secret", "Deployment", "Service", "CustomResourceDefinition", "ClusterRole", "APIService"]


def sources(text: str) -> Any:
    return tuple(read_stream(text, "a.yaml"))


def bodies(kind: str, rest: dict[str, Any]) -> dict[str, Any]:
    return {**rest, "apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}}


@given(
    st.sampled_from(KINDS), st.dictionaries(st.sampled_from(["spec", "data", "stringData", "rules", "sops"]), values)
)
def test_any_body_is_an_object_or_a_mistake_with_its_place(kind: str, rest: dict[str, Any]) -> None:
    outcome = made(SourceObject(bodies(kind, rest), "a.yaml", 3))
    if isinstance(outcome, UserMistake):
        assert (outcome.file, outcome.line) == ("a.yaml", 3)
    else:
        assert len(outcome.objects) == 1


def made(source: SourceObject) -> Side | UserMistake:
    try:
        return make_side((source,), READY)
    except UserMistake as mistake:
        return mistake


def test_a_secret_whose_data_is_no_map_is_a_mistake() -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: [a]\n"
    with pytest.raises(UserMistake, match="`data` must be a map"):
        make_side(sources(text), READY)


def test_an_object_outside_of_the_grant_is_refused_with_its_place() -> None:
    grant = Grant("github:acme/shop", ("prod",), ("shop",), "plan", "apply", kinds=(Kind("", "ConfigMap"),))
    text = "\n---\n".join(
        f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: a, namespace: {namespace}}}"
        for kind, namespace in (("ConfigMap", "shop"), ("ConfigMap", "other"))
    )
    ready = Ready(READY.app, grant, READY.applyset, READY.scope)
    with pytest.raises(NotTaken, match="other") as raised:
        make_side(sources(text), ready)
    assert (raised.value.file, raised.value.line) == ("a.yaml", 5)


def test_hooks_that_are_never_applied_are_kept_apart() -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {helm.sh/hook: 'test,pre-delete'}}\n---\n"
        "apiVersion: v1\nkind: Pod\nmetadata: {name: b, annotations: {helm.sh/hook: 'post-install,test'}}\n"
    )
    side = make_side(sources(text), READY)
    assert [key.name for key in side.hooks] == ["b"]
    assert not side.objects
    assert [(key.name, why) for key, (_, why) in side.skipped.items()] == [
        ("a", "is not applied: it is there only for the hook helm.sh/hook: pre-delete, test")
    ]


def test_an_object_twice_names_both_places() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n" * 2
    with pytest.raises(UserMistake, match=r"ConfigMap shop/a stands twice, first at a.yaml:1") as raised:
        make_side(sources(text), READY)
    assert raised.value.line == 5


def test_a_kind_that_the_render_declares_lives_where_its_definition_says() -> None:
    crd = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: racks.acme.io}\n"
        "spec: {group: acme.io, scope: Cluster, names: {kind: Rack}}\n---\n"
        "apiVersion: acme.io/v1\nkind: Rack\nmetadata: {name: a}\n"
    )
    side = make_side(sources(crd), READY)
    assert ObjectKey("acme.io", "Rack", "", "a") in side.objects
    assert [declared(sent.body) for sent in side.objects.values()] == [Kind("acme.io", "Rack"), None]


def test_a_file_that_is_no_manifest_never_gets_this_far() -> None:
    with pytest.raises(ManifestError):
        sources("a: [b")


def test_a_dependency_on_what_is_not_there_is_a_mistake_with_its_place() -> None:
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n"
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n"
        "  annotations: {plumbline.dev/depends-on: apps/namespaces/shop/Deployment/web}\n"
    )
    with pytest.raises(UserMistake, match=r"ConfigMap shop/b depends on Deployment\.apps shop/web") as found:
        make_side(sources(text), READY)
    assert (found.value.file, found.value.line) == ("a.yaml", 5)


def test_a_hook_that_changes_touches_its_target() -> None:
    text = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, annotations: {plumbline.dev/hook: before}}\n"
    one, other = make_side(sources(text), READY), make_side(sources(text + "spec: {suspend: true}\n"), READY)
    assert one.identity != other.identity


def test_one_render_is_made_ready_once_for_each_that_it_is_sent_as() -> None:
    rendered = sources("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    side = make_side(rendered, READY)
    assert make_side(rendered, replace(READY, made={})) is side
    (key,) = side.objects

    other = make_side(rendered, replace(READY, applyset="applyset-y-v1", made={}))
    assert other.objects[key].body["metadata"]["labels"] == {PART_OF: "applyset-y-v1"}
    (elsewhere,) = make_side(rendered, replace(READY, app=replace(READY.app, namespace="blog"), made={})).objects
    assert elsewhere.namespace == "blog"
    (nowhere,) = make_side(rendered, replace(READY, scope=lambda _: False, made={})).objects
    assert nowhere.namespace == ""
    grant = Grant("github:acme/shop", ("prod",), ("blog",), "plan", "apply", kinds=(Kind("", "ConfigMap"),))
    with pytest.raises(NotTaken):
        make_side(rendered, replace(READY, grant=grant, made={}))
