"""Errors of the API server are shown with their paths and reasons, never with the values that they print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.objects.redact import Redactor

REDACTOR = Redactor(b"0123456789abcdef", "github:acme/shop", "prod")
ASKED = "hunter2-Xy"

# Texts of a real 1.37 server, with a secret where it printed a value.
ANSWERS = [
    (
        f"failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.a: expected string, got "
        f"&value.valueUnstructured{{Value:{ASKED}}}",
        [".spec.a: expected string", "(shop/web; apps/v1, Kind=Deployment)"],
    ),
    (
        f"failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.a: expected list, got "
        f'&value.valueUnstructured{{Value:map[string]interface {{}}{{"a":"{ASKED}"}}}}',
        [".spec.a: expected list"],
    ),
    (
        f'Deployment.apps "web" is invalid: spec.x: Invalid value: "{ASKED}": must be lower case',
        ['"web" is invalid', "spec.x: Invalid value: must be lower case"],
    ),
    (
        f'Deployment.apps "web" is invalid: spec.selector: Invalid value: {{"matchLabels":{{"a":"x: {ASKED}"}}}}: '
        "field is immutable",
        ["spec.selector: Invalid value: field is immutable"],
    ),
    (
        f'Job.batch "j" is invalid: spec.template: Invalid value: core.PodTemplateSpec{{ObjectMeta:v1.ObjectMeta{{}}, '
        f'Spec:core.PodSpec{{Env:[]core.EnvVar{{core.EnvVar{{Name:"A", Value:"{ASKED}: x"}}}}}}}}: field is immutable',
        ["spec.template: Invalid value: field is immutable"],
    ),
    (
        'Pod "p" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`'
        f'\n  core.PodSpec{{\n- \tEnv: "{ASKED}",\n+ \tEnv: "x",\n  }}\n',
        ['Pod "p" is invalid: spec: Forbidden: pod updates may not change fields other than'],
    ),
    (
        f'spec.type: Unsupported value: "{ASKED}": supported values: "ClusterIP", "NodePort"',
        ['spec.type: Unsupported value: supported values: "ClusterIP", "NodePort"'],
    ),
    (f'x: Invalid value: {{"never closed": "{ASKED}', ["x: Invalid value: …"]),
    (f'x: Invalid value: "never closed {ASKED}', ["x: Invalid value: …"]),
    (f'admission webhook "w.acme.io" denied the request: "{ASKED}" is weak', ['webhook "w.acme.io" denied', "is weak"]),
    (f"the webhook says: `{ASKED}` and '{ASKED}' and \"{ASKED}", ["the webhook says: "]),
    (f"Unable to log in with --password {ASKED}", ["Unable to log in"]),
    (f"cannot reach https://ana:{ASKED}@registry.acme.io/v2", ["cannot reach"]),
]


@pytest.mark.parametrize(("answer", "kept"), ANSWERS)
def test_printed_values_go_and_the_reason_stays(answer: str, kept: list[str]) -> None:
    shown = REDACTOR.text(answer).plain
    assert ASKED not in shown
    for part in kept:
        assert part in shown


@pytest.mark.parametrize(
    "answer",
    [
        "failed to create typed patch object (shop/a; v1, Kind=ConfigMap): .spec.replica: field not declared in schema",
        '.spec.env: duplicate entries for key [name="A"]',
        'configmaps "x" is forbidden: User "u" cannot get resource "configmaps" in API group "" in the namespace "n"',
        'namespaces "shop" not found',
        "deployments.apps \"d\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: too many",
        'Back-off pulling image "registry.acme.io/web:1"',
        "exceeded quota: rq, requested: cpu=2, used: cpu=1, limited: cpu=2",
        'pods "web-1" is forbidden: violates PodSecurity "restricted:latest": privileged',
    ],
)
def test_what_names_no_value_stays_whole(answer: str) -> None:
    assert REDACTOR.text(answer).plain == answer


def test_the_lines_of_a_conflict_stay() -> None:
    lines = [
        'Apply failed with 2 conflicts: conflicts with "alpha":',
        "- .spec.selector",
        'conflicts with "b" using apps/v1:',
        "- .data.x",
    ]
    assert REDACTOR.text("\n".join(lines)).plain == " ".join(lines)


@given(st.text("abc\"'`{}[]:&\\\n =-", max_size=300))
def test_any_sentence_comes_out_on_one_line(message: str) -> None:
    assert REDACTOR.text(message).plain.isprintable()
