"""What answers mean, on the bodies that a 1.37 API server gave (texts shortened)."""

import json
from typing import Any

import pytest

from bot.cluster.answers import classify
from bot.cluster.response import Response
from bot.ports.clusters import Accepted, Conflict, Conflicted, Refusal, Refused

DENIED = "deployments.apps \"d\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no"


def status(code: int, message: str, reason: str = "", **details: Any) -> Response:
    body = {"kind": "Status", "message": message, "reason": reason, "details": details, "code": code}
    return Response(code, json.dumps(body).encode())


def cause(reason: str, field: str, message: str) -> dict[str, str]:
    return {"reason": reason, "field": field, "message": message}


def test_an_accepted_apply_brings_the_object_and_each_warning_once() -> None:
    said = '299 - "deprecated since v1.14", 299 - "two, \\"quoted\\"", 299 - "deprecated since v1.14"'
    answer = classify(Response(200, b'{"kind":"ConfigMap"}', {"warning": said}))
    assert answer == Accepted({"kind": "ConfigMap"}, ("deprecated since v1.14", 'two, "quoted"'))


def test_conflicts_name_manager_and_field_in_a_stable_order() -> None:
    causes = [
        cause(
            "FieldManagerConflict", ".spec.replicas", 'conflict with "kubectl" with subresource "scale" using apps/v1'
        ),
        cause("FieldManagerConflict", ".metadata.annotations.x.io/b", 'conflict with "kubectl-edit" using apps/v1'),
        cause("FieldManagerConflict", ".spec.replicas", 'conflict with "alpha"'),
    ]
    expected = Conflicted(
        (
            Conflict("alpha", ".spec.replicas"),
            Conflict("kubectl", ".spec.replicas"),
            Conflict("kubectl-edit", ".metadata.annotations.x.io/b"),
        )
    )
    for order in (causes, causes[::-1]):
        assert classify(status(409, "Apply failed with 3 conflicts: …", "Conflict", causes=order)) == expected


IMMUTABLE = [
    cause("FieldValueInvalid", "spec.selector", "Invalid value: null: field is immutable"),
    cause("FieldValueForbidden", "data", "Forbidden: field is immutable when `immutable` is set"),
    cause("FieldValueInvalid", "spec.clusterIPs[0]", 'Invalid value: ["None"]: may not change once set'),
    cause("FieldValueForbidden", "spec", "Forbidden: spec is immutable after creation except resources.requests"),
    cause("FieldValueForbidden", "value", "Forbidden: may not be changed in an update."),
    cause("FieldValueForbidden", "spec", "Forbidden: pod updates may not change fields other than `spec.tolerations`"),
    cause("FieldValueInvalid", "spec.mode", 'Invalid value: "b": failed rule: self == oldSelf'),
    cause(
        "FieldValueForbidden", "spec", "Forbidden: updates to statefulset spec for fields other than x are forbidden"
    ),
]


@pytest.mark.parametrize("said", IMMUTABLE, ids=lambda said: str(said["message"])[:40])
def test_an_immutable_field_is_told_from_other_invalid_ones(said: dict[str, str]) -> None:
    answer = classify(status(422, "x is invalid", "Invalid", causes=[said]))
    assert answer == Refused(Refusal.IMMUTABLE, "x is invalid", said["field"])


def test_an_immutable_field_beside_another_mistake_is_just_invalid() -> None:
    causes = [IMMUTABLE[0], cause("FieldValueRequired", "data[username]", "Required value")]
    answer = classify(status(422, "x is invalid", "Invalid", causes=causes))
    assert isinstance(answer, Refused)
    assert answer.why == Refusal.INVALID


def test_rules_that_were_not_reached_do_not_hide_an_immutable_field() -> None:
    noise = cause("FieldValueInvalid", "<nil>", "some validation rules were not checked")
    answer = classify(status(422, "x is invalid", "Invalid", causes=[noise, IMMUTABLE[6]]))
    assert answer == Refused(Refusal.IMMUTABLE, "x is invalid", "spec.mode")


def test_a_webhook_that_speaks_of_immutable_is_still_a_policy() -> None:
    said = 'admission webhook "w" denied the request: spec.x is immutable'
    answer = classify(status(422, said, "Invalid", causes=[cause("FieldValueInvalid", "spec.x", "is immutable")]))
    assert isinstance(answer, Refused)
    assert answer.why == Refusal.POLICY


CASES = [
    (status(403, 'configmaps "x" is forbidden: User "u" cannot patch resource "configmaps"', "Forbidden"), "forbidden"),
    (status(403, 'user "u" is attempting to grant RBAC permissions not currently held:', "Forbidden"), "forbidden"),
    (status(403, 'pods "x" is forbidden: exceeded quota: rq, requested: pods=1', "Forbidden"), "quota"),
    (status(403, 'pods "x" is forbidden: failed quota: rq: must specify requests.cpu for: c', "Forbidden"), "quota"),
    (status(403, "maximum cpu usage per Container is 500m, but limit is 5", "Forbidden"), "quota"),
    (status(403, 'pods "x" is forbidden: violates PodSecurity "restricted:latest": …', "Forbidden"), "policy"),
    (status(422, DENIED, "Invalid", causes=[{"message": "no"}]), "policy"),
    (status(403, DENIED, "Forbidden"), "policy"),
    (status(413, DENIED, "RequestEntityTooLarge"), "policy"),
    (status(400, 'admission webhook "w" does not support dry run', "BadRequest"), "policy"),
    (status(404, 'namespaces "x" not found', "NotFound", name="x", kind="namespaces"), "no-namespace"),
    (status(403, "x", "Forbidden", causes=[cause("NamespaceTerminating", "metadata.namespace", "")]), "no-namespace"),
    (status(404, "the server could not find the requested resource", "NotFound"), "no-kind"),
    (Response(404, b"404 page not found\n", {"content-type": "text/plain"}), "no-kind"),
    (status(409, "Operation cannot be fulfilled on x: the object has been modified; …", "Conflict"), "modified"),
    (status(409, "Precondition failed: UID in precondition: uid mismatch", "Conflict"), "recreated"),
    (
        status(422, "x", "Invalid", causes=[cause("FieldValueInvalid", "metadata.uid", "field is immutable")]),
        "recreated",
    ),
    (status(413, "Request entity too large: limit is 3145728", "RequestEntityTooLarge"), "too-large"),
    (status(500, "etcdserver: request is too large"), "too-large"),
    (status(500, "rpc error: code = ResourceExhausted desc = trying to send message larger than max"), "too-large"),
    (status(422, "x", "Invalid", causes=[cause("FieldValueTooLong", "[]", "Too long: may not be more")]), "too-large"),
    (status(500, "failed to convert new object (shop/d; apps/v1, Kind=Deployment): …"), "typing"),
    (status(400, "error strict decoding patch: …", "BadRequest"), "invalid"),
]


@pytest.mark.parametrize(("response", "why"), CASES, ids=[f"{why}-{n}" for n, (_, why) in enumerate(CASES)])
def test_refusals_are_told_apart_by_their_text_before_their_code(response: Response, why: str) -> None:
    answer = classify(response)
    assert isinstance(answer, Refused)
    assert answer.why == why
    assert answer.message


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("(shop/d; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema", ".spec.replica"),
        (
            '(shop/d; apps/v1, Kind=Deployment): .spec.containers[name="a b: c"].env: duplicate entries for [name="A"]',
            '.spec.containers[name="a b: c"].env',
        ),
        ("(a; /v1, Kind=X): errors:\n  .spec.a: expected string, got &value{5}\n  .spec.b: …", ".spec.a"),
    ],
)
def test_a_typing_error_names_its_field(message: str, field: str) -> None:
    answer = classify(status(500, f"failed to create typed patch object {message}"))
    assert isinstance(answer, Refused)
    assert (answer.why, answer.field) == (Refusal.TYPING, field)


def test_an_answer_that_is_no_json_is_no_acceptance() -> None:
    with pytest.raises(ValueError, match=r"Expecting value|no JSON object"):
        classify(Response(200, b"<html>Log in</html>"))
