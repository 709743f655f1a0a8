"""Refusals are recognised by all that a server says, so that nothing is replaced, or forced, by mistake."""

from typing import Any

import pytest

from bot.objects.matching import Conflict, conflicts, field_path, immutable
from bot.objects.paths import Index, Item, Member, str_path

SELECTOR = ("FieldValueInvalid", "spec.selector", 'Invalid value: {"matchLabels":{"a":"b"}}: field is immutable')


def refused(
    *causes: tuple[str, str, str], message: str = 'Deployment.apps "d" is invalid', code: int = 422
) -> dict[str, Any]:
    listed = [{"reason": reason, "field": field, "message": text} for reason, field, text in causes]
    return {"kind": "Status", "code": code, "reason": "Invalid", "message": message, "details": {"causes": listed}}


# Texts of a real 1.37 server, but for the last, which older ones send.
@pytest.mark.parametrize(
    "cause",
    [
        SELECTOR,
        ("FieldValueInvalid", "spec.template", "Invalid value: null: field is immutable"),
        ("FieldValueForbidden", "data", "Forbidden: field is immutable when `immutable` is set"),
        ("FieldValueInvalid", "spec.clusterIPs[0]", 'Invalid value: ["None"]: may not change once set'),
        (
            "FieldValueForbidden",
            "spec",
            "Forbidden: spec is immutable after creation except resources.requests\n  core.X{",
        ),
        ("FieldValueForbidden", "value", "Forbidden: may not be changed in an update."),
        ("FieldValueForbidden", "spec", "Forbidden: pod updates may not change fields other than `x`\n  core.PodSpec{"),
        ("FieldValueInvalid", "spec.x", 'Invalid value: "a": failed rule: self == oldSelf'),
        ("FieldValueForbidden", "spec", "Forbidden: updates to statefulset spec for fields other than x are forbidden"),
    ],
)
def test_each_wording_of_an_immutable_field_is_known(cause: tuple[str, str, str]) -> None:
    assert immutable(refused(cause))


def test_the_noise_about_rules_not_checked_is_passed_over() -> None:
    assert immutable(refused(SELECTOR, ("FieldValueInvalid", "<nil>", "some validation rules were not checked")))


@pytest.mark.parametrize(
    "status",
    [
        refused(),
        refused(SELECTOR, code=409),
        refused(SELECTOR, message='admission webhook "w" denied the request: x'),
        refused(SELECTOR, ("FieldValueRequired", "data[username]", "Required value")),
        refused(SELECTOR, ("FieldValueInvalid", "spec.replicas", "Invalid value: -1: must be positive")),
        refused(("FieldValueInvalid", "metadata.uid", "Invalid value: x: field is immutable")),
        refused(("FieldValueInvalid", "", "Invalid value: 1: field is immutable")),
        refused(("FieldValueRequired", "spec.x", "Required value: field is immutable")),
        refused(("FieldValueInvalid", "spec.x", 'Invalid value: "immutable": must be lower case')),
        refused(("FieldValueInvalid", "spec.x", 'Invalid value: {"a": "field is immutable": must be lower case')),
        {
            "code": 422,
            "reason": "Invalid",
            "message": "denied: it is immutable",
            "details": {"causes": [{"message": "immutable"}]},
        },
        {"code": 500},
    ],
)
def test_anything_else_is_no_reason_to_replace(status: dict[str, Any]) -> None:
    assert not immutable(status)


def conflict(message: str, field: str, reason: str = "FieldManagerConflict") -> dict[str, str]:
    return {"reason": reason, "message": message, "field": field}


def answered(*causes: dict[str, str]) -> dict[str, Any]:
    return {"code": 409, "reason": "Conflict", "details": {"causes": list(causes)}}


def test_conflicts_name_manager_and_field_however_the_server_words_them() -> None:
    causes = [
        conflict('conflict with "kubectl-edit" using apps/v1', ".spec.paused"),
        conflict('conflict with "alpha"', ".spec.selector"),
        conflict('conflict with "kubectl" with subresource "scale" using apps/v1', ".spec.replicas"),
        conflict('conflict with "old" using v1 at 2026-01-01T00:00:00Z', ".data.x"),
    ]
    expected = (
        Conflict("alpha", ".spec.selector"),
        Conflict("kubectl", ".spec.replicas"),
        Conflict("kubectl-edit", ".spec.paused"),
        Conflict("old", ".data.x"),
    )
    assert conflicts(answered(*causes)) == expected
    assert conflicts(answered(*reversed(causes))) == expected


def test_another_409_holds_no_conflicts() -> None:
    assert conflicts(answered()) == ()
    assert conflicts(answered(conflict("x", ".a", "UidMismatch"))) == ()
    assert conflicts({"code": 422, "reason": "Invalid"}) == ()


BODY = {
    "metadata": {"annotations": {"with.dot/and-slash": "x", "with": {"dot/and-slash": "other"}}, "finalizers": ["a/b"]},
    "spec": {
        "containers": [{"name": "c", "ports": [{"containerPort": 80, "name": "h"}], "image": "x", "args": ["a", "b"]}],
        "tolerations": [],
    },
}


@pytest.mark.parametrize(
    ("field", "path"),
    [
        (".metadata.annotations.with.dot/and-slash", ("metadata", "annotations", "with.dot/and-slash")),
        ('.spec.containers[name="c"].image', ("spec", "containers", Item((("name", "c"),)), "image")),
        (
            '.spec.containers[name="c"].ports[containerPort=80,protocol="TCP"].name',
            (
                *("spec", "containers", Item((("name", "c"),)), "ports"),
                *(Item((("containerPort", 80), ("protocol", "TCP"))), "name"),
            ),
        ),
        ('.metadata.finalizers[="a/b"]', ("metadata", "finalizers", Member("a/b"))),
        ('.spec.containers[name="c"].args[1]', ("spec", "containers", Item((("name", "c"),)), "args", Index(1))),
        (".spec.tolerations", ("spec", "tolerations")),
        ('.spec.containers[name="gone"].image', None),
        (".spec.absent", None),
        ("spec", None),
        (".spec[", None),
    ],
)
def test_the_servers_text_of_a_field_is_found_in_our_object(field: str, path: Any) -> None:
    found = field_path(field, BODY)
    assert found == path, found and str_path(found)
