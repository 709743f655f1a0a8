"""Manifests are read as kubectl reads them, with lines, and hostile files are refused before they cost anything."""

import time

import pytest

from bot.objects.errors import ManifestError
from bot.objects.read import read_document, read_stream

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def value_of(text: str) -> object:
    return read_stream(f"{HEAD}d: {text}\n", "a.yaml")[0].body["d"]


# The right column is what `kubectl annotate --local -o json` printed (kubectl 1.37).
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("yes", True),
        ("on", True),
        ("Off", False),
        ("y", True),
        ("n", False),
        ("tRUE", "tRUE"),
        ("0777", 511),
        ("0o777", 511),
        ("08", 8),
        ("0_7", 7),
        ("1_000", 1000),
        ("_1", "_1"),
        ("0x1F", 31),
        ("-0b11", -3),
        ("0x", "0x"),
        ("12:30:45", "12:30:45"),
        ("1e3", 1000),
        ("1.5e3", 1500),
        ("1e", "1e"),
        ("1e999", "1e999"),
        (".5", 0.5),
        (".1_0", 0.1),
        ("5.", 5),
        ("-0.0", 0),
        ("+5", 5),
        ("2020-01-01", "2020-01-01"),
        ("=", "="),
        ("~", None),
        ("99999999999999999999999", 1e23),
        ("9223372036854775808", 9223372036854775808.0),
        ("077777777777777777777777777", 7.7777777777777777e25),
        ('"5"', "5"),
        ('!!int "5"', 5),
        ("!!str 5", "5"),
        ("!anything 5", "5"),
        ("!!binary aGk=", "hi"),
    ],
)
def test_a_plain_value_means_what_kubectl_takes_it_for(written: str, meant: object) -> None:
    value = value_of(written)
    assert value == meant
    assert type(value) is type(meant)


@pytest.mark.parametrize(
    ("written", "key"),
    [("on", "true"), ("n", "false"), ("123", "123"), ("0x10", "16"), ("1.10", "1.1"), ("1e3", "1000")],
)
def test_a_key_gets_its_json_spelling(written: str, key: str) -> None:
    assert value_of(f"{{{written}: v}}") == {key: "v"}


def test_documents_are_split_and_empty_ones_skipped() -> None:
    text = f"# nothing\n---\n{HEAD}---\n---\n{HEAD.replace('name: a', 'name: b')}...\n---\n"
    found = read_stream(text, "two.yaml")
    assert [(source.body["metadata"]["name"], source.file, source.line) for source in found] == [
        ("a", "two.yaml", 3),
        ("b", "two.yaml", 8),
    ]


def test_lists_are_flattened_and_each_item_has_its_line() -> None:
    text = """apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMapList
  items:
  - metadata: {name: a}
  - metadata:
      name: b
- apiVersion: v1
  kind: Secret
  metadata: {name: c}
"""
    found = read_stream(text, "list.yaml")
    assert [(source.body["kind"], source.body["metadata"]["name"], source.line) for source in found] == [
        ("ConfigMap", "a", 7),
        ("ConfigMap", "b", 8),
        ("Secret", "c", 10),
    ]


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("a: 1\nb: {{ .Values.b }}\n", "use a chart if it is a template", 2),
        ("a:\n\tb: 1\n", "indent with spaces, not tabs", 2),
        ("a:\r\n  b: @c\r\n", "cannot begin with '@': put it in quotes", 2),
        ("apiVersion: v1\nkind: List\nitems: 5\n", "`items` must be a list", 3),
        ("apiVersion: v1\nkind: List\nitems: {a: b}\n", "`items` must be a list", 3),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_what_to_do(text: str, said: str, line: int) -> None:
    with pytest.raises(ManifestError, match=said) as caught:
        read_stream(text, "a.yaml")
    assert caught.value.line == line


def test_json_is_read_too_with_its_surrogate_pairs() -> None:
    text = (
        '{\n\t"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"d":"\\ud83d\\ude00 \\/ \\\\ud83d\\\\ude00"}'
    )
    assert read_stream(text, "a.json")[0].body["d"] == "😀 / \\ud83d\\ude00"


def test_a_byte_order_mark_and_windows_line_ends_are_no_content() -> None:
    text = b"\xef\xbb\xbfapiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: a}\r\nd: |\r\n  x\r\n"
    assert read_stream(text, "a.yaml")[0].body["d"] == "x\n"


def test_merge_keys_fill_what_is_not_written_and_earlier_sources_win() -> None:
    text = f"{HEAD}b: &b {{x: 1, z: 1}}\nc: &c {{x: 5, w: 6}}\nd:\n  <<: [*b, *c]\n  z: 3\n"
    assert read_stream(text, "a.yaml")[0].body["d"] == {"x": 1, "z": 3, "w": 6}


@pytest.mark.parametrize("body", ["  x: 3\n  <<: *b\n", "  <<: *b\n  <<: *c\n"])
def test_a_merge_key_that_kubectl_and_yaml_read_differently_is_refused(body: str) -> None:
    with pytest.raises(ManifestError, match="`<<` must stand before") as caught:
        read_stream(f"{HEAD}b: &b {{x: 1}}\nc: &c {{x: 2}}\nd:\n{body}", "a.yaml")
    assert caught.value.line == 8


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (f"{HEAD}d:\n  a: 1\n  b: 2\n  a: 3\n", 7, "'a' is written twice"),
        ("a: [1\nb: 2\n", 2, "not YAML"),
        ("apiVersion: v1\nkind: ConfigMap\n", 1, "`metadata` is missing"),
        ("kind: ConfigMap\nmetadata: {name: a}\n", 1, "`apiVersion` is missing"),
        ("apiVersion: v1\nmetadata: {name: a}\n", 1, "`kind` is missing"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  namespace: a\n", 3, "`metadata.name` is missing"),
        ("apiVersion: v1\nkind: Job\nmetadata:\n  generateName: a-\n", 4, "write `metadata.name`"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: 5\n", 4, "put it in quotes"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ../x\n", 4, "not in a form"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: a/b\n", 5, "not in a form"),
        ("apiVersion: v1/../x\nkind: ConfigMap\nmetadata: {name: a}\n", 1, "not in a form"),
        ("apiVersion: v1\nkind: C\nmetadata:\n  name: a\n  labels:\n    ok: x\n    on: yes\n", 7, "put it in quotes"),
        ("- a\n", 1, "must be a map"),
        (f"{HEAD}d:\n  ? [a, b]\n  : c\n", 5, "a key must be text"),
        (f"{HEAD}d: .nan\n", 4, "no infinity and no NaN"),
        (f"{HEAD}d: *nowhere\n", 4, "has no finished anchor"),
        (f"{HEAD}d: &a [*a]\n", 4, "has no finished anchor"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(ManifestError) as caught:
        read_stream(text, "apps/web/a.yaml")
    assert says in caught.value.message
    assert (caught.value.file, caught.value.line) == ("apps/web/a.yaml", line)
    assert str(caught.value).startswith(f"apps/web/a.yaml:{line}: ")


@pytest.mark.parametrize(
    "text",
    [
        b"a: \xff\n",
        "a: \ud800\n",
        'a: "\\ud800"\n',
        "a: \x00\n",
        b"a: " + b"x" * 10_000_000,
        "[" * 100_000,
        "- " * 100_000,
        "{a: " * 5_000,
        "&a " * 2,
        "a: &x [1]\nb: [" + "*x," * 101 + "]\n",
    ],
    ids=["bytes", "half-raw", "half-escaped", "nul", "size", "flow", "block", "maps", "anchors", "aliases"],
)
def test_hostile_text_is_refused_quickly(text: str | bytes) -> None:
    started = time.process_time()
    with pytest.raises(ManifestError):
        read_stream(text, "a.yaml")
    assert time.process_time() - started < 10


def test_an_alias_bomb_is_refused_before_it_is_written_out() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    with pytest.raises(ManifestError, match=r"more than 1,000,000 values"):
        read_stream("\n".join(lines), "bomb.yaml")


def test_a_config_knows_the_line_of_each_path() -> None:
    located = read_document("version: 1\napps:\n  web:\n    path: a\n    needs:\n    - b\n    - c\n", "c.yaml")
    assert located.value["apps"]["web"]["needs"] == ["b", "c"]
    assert located.line() == 1
    assert located.line(("apps", "web", "path")) == 4
    assert located.line(("apps", "web", "needs", 1)) == 7
    assert located.line(("apps", "web", "absent", "deeper")) == 3
    assert located.line(("version", "deeper")) == 1


def test_a_config_is_one_document() -> None:
    assert read_document("# empty\n", "c.yaml").value is None
    with pytest.raises(ManifestError, match="one YAML document") as caught:
        read_document("a: 1\n---\nb: 2\n", "c.yaml")
    assert caught.value.line == 3


def test_a_hook_that_runs_once_may_leave_the_end_of_its_name_open() -> None:
    hook = """apiVersion: batch/v1
kind: Job
metadata: {generateName: migrate-, annotations: {argocd.argoproj.io/hook: PreSync}}
"""
    (found,) = read_stream(hook, "app.yaml")
    assert found.body["metadata"] == {"name": "migrate", "annotations": {"argocd.argoproj.io/hook": "PreSync"}}
    with pytest.raises(ManifestError, match="generateName"):
        read_stream(hook.replace("PreSync", "Sync"), "app.yaml")
