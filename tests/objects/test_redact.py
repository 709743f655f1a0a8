"""No secret value leaves the process, and no text from strangers acts where it is shown."""

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.objects.difference import ABSENT, Order
from bot.objects.escapes import broken, visible
from bot.objects.identity import ObjectKey
from bot.objects.paths import Index, Item, Path
from bot.objects.redact import LONGEST, Redacted, Redactor, inert

KEY = b"0123456789abcdef"
REDACTOR = Redactor(KEY, "github:acme/shop", "prod")
SECRET = ObjectKey("", "Secret", "shop", "db")
CONFIG = ObjectKey("", "ConfigMap", "shop", "web")
DEPLOYMENT = ObjectKey("apps", "Deployment", "shop", "web")
CONTAINER: Path = ("spec", "template", "spec", "containers", Item((("name", "c"),)))
FINGERPRINT = re.compile(r"changed \([0-9a-f]{4}\)")

# Words that occur in no field name, no fingerprint and no phrase of the redactor.
passwords = st.text("ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ0123456789!?%+*/", min_size=10, max_size=40).filter(
    lambda word: sum(map(str.isalnum, word)) >= 8
)


def hides(shown: Redacted, *words: str) -> bool:
    return not any(word in text for word in words for text in (shown.plain, shown.text, str(shown), repr(shown)))


@given(passwords, st.sampled_from(["data", "stringData", "date"]))
def test_nothing_of_a_secret_object_is_shown_but_its_keys(password: str, field: str) -> None:
    encoded = base64.b64encode(password.encode()).decode()
    body = {"kind": "Secret", "metadata": {"name": "db"}, field: {"password": password, "other": encoded}}
    for path, value in (((), body), ((field,), body[field]), ((field, "other"), encoded), ((field, "k"), [password])):
        assert hides(REDACTOR.value(SECRET, path, value), password, encoded)
    if field != "date":
        assert '"other": "changed (' in REDACTOR.value(SECRET, (), body).plain


@pytest.mark.parametrize(
    "name", ["DB_PASSWORD", "API_KEY", "SIGNING_KEY", "githubToken", "AWS_SECRET_ACCESS_KEY", "PGPASS"]
)
@given(password=passwords)
def test_variables_that_sound_secret_are_hidden_wherever_they_are_changed(name: str, password: str) -> None:
    variable = {"name": name, "value": password}
    at_leaf = (*CONTAINER, "env", Item((("name", name),)), "value")
    for path, value in ((at_leaf, password), ((*CONTAINER, "env"), [variable]), (CONTAINER, {"env": [variable]})):
        assert hides(REDACTOR.value(DEPLOYMENT, path, value), password)


@pytest.mark.parametrize("items", ["httpHeaders", "parameters", "params"])
@given(password=passwords)
def test_values_beside_a_secret_name_are_hidden_in_a_list_that_is_shown_whole(items: str, password: str) -> None:
    value = {items: [{"name": "port", "value": "80"}, {"name": "auth.password", "value": password}]}
    shown = REDACTOR.value(ObjectKey("acme.io", "Widget", "shop", "w"), ("spec",), value)
    assert hides(shown, password)
    assert '"value": "80"' in shown.plain


@given(passwords)
def test_a_variable_without_a_name_is_hidden(password: str) -> None:
    assert hides(REDACTOR.value(DEPLOYMENT, (*CONTAINER, "env", Index(0), "value"), password), password)


@given(passwords)
def test_the_values_of_secret_flags_are_hidden(password: str) -> None:
    for arguments in (["--password", password], [f"--token={password}"], ["run", f"--db-password={password}"]):
        assert hides(REDACTOR.value(DEPLOYMENT, (*CONTAINER, "args"), arguments), password)


@pytest.mark.parametrize(
    ("key", "path"),
    [
        (CONFIG, ("data", "password")),
        (CONFIG, ("data", "tls.key")),
        (CONFIG, ("data", ".dockerconfigjson")),
        (DEPLOYMENT, ("metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")),
        (ObjectKey("acme.io", "Widget", "shop", "w"), ("spec", "apiKey")),
        (ObjectKey("acme.io", "Widget", "shop", "w"), ("spec", "credentials", "user")),
        (ObjectKey("acme.io", "Widget", "shop", "w"), ("spec", "tokens", Index(0))),
        (ObjectKey("acme.io", "Widget", "shop", "w"), ("spec", "secret", "value")),
        (ObjectKey("acme.io", "Widget", "shop", "w"), ("spec", "params", Item((("name", "db.password"),)), "value")),
        (DEPLOYMENT, (*CONTAINER, "httpGet", "httpHeaders", Item((("name", "X-Api-Key"),)), "value")),
    ],
)
@given(password=passwords)
def test_fields_that_sound_secret_are_hidden(key: ObjectKey, path: Path, password: str) -> None:
    assert hides(REDACTOR.value(key, path, password), password)
    assert FINGERPRINT.fullmatch(REDACTOR.value(key, path, password).plain)


FILES = [
    "server:\n  port: 80\n  password: {}\n  host: x\n",
    'server: {{"token": "{}", "port": 80}}\n',
    "password = {}\nport = 80\n",
    "export API_KEY='{}'\n",
    "credentials:\n  user: ana\n  word: {}\nport: 80\n",
    "tokens:\n- {}\nport: 80\n",
    "password: |\n  first\n  {}\nport: 80\n",
    "password: two words {}\n",
    "url: postgres://ana:{}@db/shop\n",
    "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n",
    "-----BEGIN EC PRIVATE KEY-----\n{}\n",
    '{{"auths": {{"registry": {{"auth": "{}"}}}}}}',
    "run --password {} --port 80",
    "requirepass {}\nport 6379\n",
    "ALTER USER ana WITH PASSWORD '{}';\n",
    "curl -u ana:{} https://db/\n",
]


@pytest.mark.parametrize("file", FILES)
@given(password=passwords)
def test_secrets_inside_a_config_file_are_hidden(file: str, password: str) -> None:
    text = file.format(password)
    assert hides(REDACTOR.value(CONFIG, ("data", "app.conf"), text), password)
    assert all(hides(line, password) for line in REDACTOR.lines(CONFIG, ("data", "app.conf"), text))


TOKENS = [
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2_" * 5,
    "glpat-" + "a1B2" * 5,
    "xoxb-" + "123456-abcdef",
    "AKIA" + "ABCD1234" * 2,
    "AIza" + "a1B2-" * 7,
    "sk_live_" + "a1B2" * 6,
    "eyJ" + "hbGciOiJ9.eyJzdWIiOiIx.c2ln",
    "hvs." + "a1B2" * 6,
    "AGE-SECRET-KEY-" + "1QQQ" * 5,
]


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("around", ["{}", "x {} y", 'curl -H "X: {}"', "line\n{}\nline"])
def test_known_token_shapes_are_hidden_in_any_text(token: str, around: str) -> None:
    text = around.format(token)
    assert hides(REDACTOR.value(DEPLOYMENT, ("spec", "x"), text), token)
    assert hides(REDACTOR.text(text), token)
    assert hides(inert(text), token)


def test_what_only_points_at_a_secret_is_shown() -> None:
    source = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}
    shown = REDACTOR.value(DEPLOYMENT, (*CONTAINER, "env"), [source]).plain
    assert json.loads(shown) == [source]
    volume = {"secret": {"secretName": "db", "items": [{"key": "a", "path": "b"}], "optional": True}}
    assert json.loads(REDACTOR.value(DEPLOYMENT, ("spec", "volumes", Index(0)), volume).plain) == volume
    assert REDACTOR.value(DEPLOYMENT, ("spec", "automountServiceAccountToken"), False).plain == "false"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("nginx:1.27", "nginx:1.27"),
        (3, "3"),
        ("3", '"3"'),
        ("true", '"true"'),
        ("", '""'),
        (" x", '" x"'),
        (None, "null"),
        ({"a": [1, "x"]}, '{"a": [1, "x"]}'),
        (ABSENT, "(none)"),
        (Order((Item((("name", "a"),)), Item((("name", "b"),)))), "order [name=a], [name=b]"),
        ("a\nb", "a\\nb"),
    ],
)
def test_harmless_values_are_shown_as_they_are(value: Any, shown: str) -> None:
    assert REDACTOR.value(DEPLOYMENT, ("spec", "x"), value).plain == shown


def test_long_values_are_cut_and_longer_ones_only_measured() -> None:
    one, other = (REDACTOR.value(DEPLOYMENT, ("spec", "x"), "a b c d " * 50 + end).plain for end in "12")
    assert "… (101 characters more, " in one
    assert one != other
    huge = REDACTOR.value(CONFIG, ("data", "x"), "a" * (LONGEST + 1)).plain
    assert re.fullmatch(r"text of 8,193 bytes \([0-9a-f]{4}\)", huge)


def test_a_fingerprint_is_equal_for_equal_values_of_one_field_only() -> None:
    path: Path = ("data", "password")
    mine = REDACTOR.value(SECRET, path, "c2VjcmV0")
    assert mine == REDACTOR.value(SECRET, path, "c2VjcmV0")
    others = {
        REDACTOR.value(SECRET, path, "b3RoZXI="),
        REDACTOR.value(SECRET, ("data", "other"), "c2VjcmV0"),
        REDACTOR.value(ObjectKey("", "Secret", "shop", "db2"), path, "c2VjcmV0"),
        Redactor(KEY, "github:acme/shop", "staging").value(SECRET, path, "c2VjcmV0"),
        Redactor(KEY, "github:acme/other", "prod").value(SECRET, path, "c2VjcmV0"),
        Redactor(KEY[::-1], "github:acme/shop", "prod").value(SECRET, path, "c2VjcmV0"),
    }
    assert mine not in others
    assert len(others) == 6


def test_only_this_room_makes_redacted_text_and_it_stays_as_it_is() -> None:
    with pytest.raises(TypeError):
        Redacted("x", object())
    with pytest.raises(AttributeError):
        inert("x")._plain = "y"
    with pytest.raises(ValueError, match="too short"):
        Redactor(b"short", "r", "e")


@given(st.text())
def test_what_the_ledger_gives_back_equals_what_was_stored(text: str) -> None:
    shown = inert(text)
    assert Redacted.stored(shown.plain) == shown


@given(st.text(st.characters()))
def test_nothing_invisible_is_left_and_doing_it_twice_changes_nothing(text: str) -> None:
    seen = visible(text)
    assert seen.isprintable()
    assert visible(seen) == seen
    assert visible(broken(seen).replace("\u2060", "")) == seen


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<!-- plumbline: deployed -->",
    "</details>",
    "``` \nescape",
    "`````",
    "~~~",
    "@acme/sre @ana",
    "closes #12 and GH-13, acme/shop#14 !15 $16",
    "![x](https://evil.example/a.png)",
    "[click](//evil.example)",
    "[a]: https://evil.example",
    "https://evil.example www.evil.example mailto:ana@acme.io",
    "&lt;b&gt; &#64;ana",
    "/close",
    "\x1b[31mred\x1b[0m",
    "a\u202eb\u200bc\u2028d\u00ade",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_renders_as_nothing_but_text(text: str) -> None:
    markdown = MarkdownIt("gfm-like", {"html": True, "linkify": False}).enable("table")
    rendered = markdown.render(f"- value: {inert(text).text}")
    assert set(re.findall(r"<(/?[a-z]+)", rendered)) <= {"ul", "/ul", "li", "/li", "code", "/code"}
    assert "<!--" not in rendered
    shown = inert(text).text
    assert not re.search(r"@[A-Za-z]|#[0-9]|GH-[0-9]|://|www\.|^/[a-z]|``|~~~|&[a-z#]", shown)
    assert shown.isascii() or shown.replace("\u2060", "").isprintable()


@given(st.text("`\n ~ab"))
def test_no_fence_around_text_can_be_ended_by_it(text: str) -> None:
    rendered = MarkdownIt().render(f"```\n{inert(text).text}\n```\n\nafter")
    assert rendered.count("<pre>") == 1
    assert "<p>after</p>" in rendered
