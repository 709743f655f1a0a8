"""What is sent, compared and hashed has one spelling, and what must not come from Git is refused."""

import base64
import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.objects.canonical import PART_OF, canonical, digest, encode, labelled, refusals, unlabelled
from bot.objects.errors import ManifestError
from bot.objects.live import strip_live
from tests.objects.json_values import objects, values


def config_map(**more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, **more}


def secret(**more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, **more}


def test_what_servers_write_and_nulls_are_dropped_and_the_input_is_left_alone() -> None:
    written = config_map(status={"x": 1}, data={"a": None, "b": "c"}, n=2.0, list=[None, {"x": None}])
    written["metadata"] |= {
        "creationTimestamp": None,
        "generation": 3,
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
    }
    before = json.dumps(written)
    assert canonical(written) == config_map(data={"b": "c"}, n=2, list=[None, {}])
    assert json.dumps(written) == before


def test_quantities_stay_as_written() -> None:
    assert canonical(config_map(cpu="1000m", memory="1024Mi"))["cpu"] == "1000m"


def test_string_data_becomes_data_and_wins_over_it() -> None:
    body = canonical(secret(data={"a": "eA==", "b": "eX\nk="}, stringData={"a": "new", "c": "ü"}))
    assert "stringData" not in body
    assert {name: base64.b64decode(value).decode() for name, value in body["data"].items()} == {
        "a": "new",
        "b": "yy",
        "c": "ü",
    }


def test_what_controllers_fill_in_is_not_ours_to_send() -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "a"}}
    assert "rules" not in canonical({**role, "rules": [], "aggregationRule": {"clusterRoleSelectors": []}})
    assert "rules" in canonical({**role, "rules": [{"verbs": ["get"]}]})
    hook: dict[str, Any] = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
    hook |= {"metadata": {"name": "a"}, "webhooks": [{"clientConfig": {"caBundle": "Cg==", "url": "x"}}]}
    assert canonical(hook)["webhooks"] == [{"clientConfig": {"url": "x"}}]


def test_canonical_is_stable() -> None:
    body = secret(data={"a": "eA=="}, stringData={"c": "x", "d": 5}, x={"y": None})
    assert canonical(canonical(body)) == canonical(body)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (config_map(metadata={"name": "a", "labels": {PART_OF: "x"}}), PART_OF),
        (config_map(metadata={"name": "a", "annotations": {"applyset.kubernetes.io/tooling": "x"}}), "tooling"),
        (config_map(metadata={"name": "a", "managedFields": [{}]}), "managedFields"),
        (config_map(metadata={"name": "a", "uid": "1"}), "uid"),
        (config_map(metadata={"name": "a", "ownerReferences": [{"uid": "1"}]}), "ownerReferences"),
        (config_map(metadata={"name": "a", "resourceVersion": "1"}), "resourceVersion"),
        (config_map(sops={"mac": "x"}), "SOPS"),
        (secret(data={"a": "ENC[AES256_GCM,data:x]"}), "SOPS"),
        (secret(data={"a": "not base64!"}), "`data.a` is not base64"),
        (secret(data={"a": 5}), "`data.a` is not base64"),
    ],
)
def test_input_that_says_what_only_servers_or_we_may_say_is_refused(body: dict[str, Any], says: str) -> None:
    assert any(says in reason for reason in refusals(body))


def test_ordinary_input_is_not_refused() -> None:
    assert refusals(config_map(metadata={"name": "a", "uid": "", "resourceVersion": None, "labels": None})) == []
    assert refusals(secret(data={"a": "eA==\n", "b": None}, stringData={"c": "x"})) == []


@given(objects)
def test_a_body_reads_back_unchanged_as_json_and_as_yaml(body: dict[str, Any]) -> None:
    sent = encode(body)
    assert json.loads(sent) == body
    text = sent.decode()
    assert not any(0x7F <= ord(character) <= 0x9F or character in "\ufffe\uffff" for character in text)
    assert "\\ud8" not in text.lower() or "\\\\ud8" in text.lower()


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=5), st.text(st.characters(exclude_categories=["Cs"]))
    )
)
def test_a_yaml_parser_reads_the_same_text_from_a_body(body: dict[str, str]) -> None:
    assert yaml.load(encode(body), yaml.CSafeLoader) == body


@given(st.text(' a\t\n\r\x00\x1b\x7f\x85\xa0\u2028\u2029\ufeff\ufffe\uffff\U0001f600"\\/:#'))
def test_blanks_beside_characters_that_yaml_takes_for_line_ends_stay(text: str) -> None:
    assert yaml.load(encode({"a": text}), yaml.CSafeLoader) == {"a": text}


def test_half_a_surrogate_pair_and_overlong_keys_are_refused() -> None:
    with pytest.raises(ManifestError):
        encode(config_map(data={"a": "\ud800"}))
    with pytest.raises(ManifestError):
        encode(config_map(data={"k" * 1025: "x"}))
    assert encode(config_map(data={"k" * 1024: "x"}))


@given(values)
def test_the_digest_depends_on_content_and_not_on_the_order_of_keys(value: Any) -> None:
    body = config_map(data=value, more=1)
    assert digest(body) == digest(dict(reversed(body.items())))
    assert digest(body) != digest({**body, "more": 2})


def test_our_label_goes_on_and_off_without_a_trace() -> None:
    plain = config_map()
    assert labelled(plain, "x")["metadata"]["labels"] == {PART_OF: "x"}
    assert unlabelled(labelled(plain, "x")) == plain
    with_label = config_map(metadata={"name": "a", "labels": {"app": "web"}})
    assert unlabelled(labelled(with_label, "x")) == with_label


def test_a_live_object_loses_what_only_the_server_writes() -> None:
    live = config_map(
        data={"a": "b"},
        metadata={
            "name": "a",
            "uid": "1",
            "resourceVersion": "7",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{}],
            "annotations": {"deployment.kubernetes.io/revision": "1"},
            "finalizers": ["x"],
        },
        status={},
    )
    assert strip_live(live) == config_map(data={"a": "b"}, metadata={"name": "a", "finalizers": ["x"]})


def service(*, resource_version: str, owned: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "a",
            "resourceVersion": resource_version,
            "managedFields": [{"manager": "plumbline", "operation": "Apply", "fieldsV1": {"f:spec": owned}}],
        },
        "spec": {"clusterIP": "10.96.0.0", "clusterIPs": ["10.96.0.0"], "ports": [{"port": 80, "nodePort": 31000}]},
    }


def test_addresses_that_a_dry_run_create_makes_up_are_not_shown() -> None:
    assert strip_live(service(resource_version="", owned={}))["spec"] == {"ports": [{"port": 80}]}
    assert strip_live(service(resource_version="7", owned={}))["spec"]["clusterIP"] == "10.96.0.0"


def test_addresses_that_were_asked_for_are_shown() -> None:
    owned: dict[str, Any] = {"f:clusterIP": {}, "f:ports": {'k:{"port":80,"protocol":"TCP"}': {"f:nodePort": {}}}}
    spec = strip_live(service(resource_version="", owned=owned))["spec"]
    assert (spec["clusterIP"], spec["ports"]) == ("10.96.0.0", [{"port": 80, "nodePort": 31000}])


def test_a_job_has_no_random_labels_and_a_namespace_not_its_own_name() -> None:
    random = {"controller-uid": "1", "batch.kubernetes.io/controller-uid": "1"}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "a", "labels": {**random, "app": "x"}},
        "spec": {
            "selector": {"matchLabels": dict(random)},
            "template": {"metadata": {"labels": {**random}}, "spec": {}},
        },
    }
    assert strip_live(job) == {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "a", "labels": {"app": "x"}},
        "spec": {"template": {"spec": {}}},
    }
    namespace = {"apiVersion": "v1", "kind": "Namespace"}
    named = {"name": "a", "labels": {"kubernetes.io/metadata.name": "a"}}
    assert strip_live({**namespace, "metadata": named}) == {**namespace, "metadata": {"name": "a"}}
