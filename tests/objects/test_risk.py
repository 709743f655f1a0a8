"""Risks are told where they are: deletions, what is deleted along, and workloads that stop."""

from typing import Any

import pytest

from bot.objects.risk import Level, notes
from bot.objects.risk.deletion import PROTECTED


def made(api_version: str, kind: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}, "spec": spec}


@pytest.mark.parametrize(
    ("body", "level", "rule"),
    [
        (made("v1", "ConfigMap"), Level.WARN, "deletion"),
        (made("v1", "Namespace"), Level.BLOCK, "namespace-deletion"),
        (made("v1", "PersistentVolumeClaim"), Level.BLOCK, "claim-deletion"),
        (made("v1", "PersistentVolume"), Level.BLOCK, "volume-deletion"),
        (made("apiextensions.k8s.io/v1", "CustomResourceDefinition"), Level.BLOCK, "definition-deletion"),
        (made("acme.io/v1", "Namespace"), Level.WARN, "deletion"),
    ],
)
def test_a_deletion_is_told_by_what_goes_with_it(body: dict[str, Any], level: Level, rule: str) -> None:
    assert [(note.level, note.rule, note.field) for note in notes(body, None)] == [(level, rule, "")]
    assert notes(None, body) == notes(body, body) == []


def test_namespaces_volumes_claims_and_definitions_are_protected() -> None:
    assert {kind.kind for kind in PROTECTED} == {
        "CustomResourceDefinition",
        "Namespace",
        "PersistentVolume",
        "PersistentVolumeClaim",
    }


def test_scaling_to_nothing_is_told_and_starting_with_nothing_is_not() -> None:
    none, some, default = (made("apps/v1", "Deployment", **spec) for spec in ({"replicas": 0}, {"replicas": 2}, {}))
    for before in (some, default):
        assert [(note.level, note.rule, note.field) for note in notes(before, none)] == [
            (Level.WARN, "replicas-to-zero", "spec.replicas")
        ]
    assert notes(none, some) == notes(none, none) == notes(None, none) == []
