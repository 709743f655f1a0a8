"""Whatever stands in a pull, a cluster or an error: in a comment it is text, and nothing but text."""

import re
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.comments import markdown
from bot.comments.deployment import Standing, deployment_comment
from bot.comments.marker import has_marker, marked, marker
from bot.comments.plan import About, failed_comment, plan_comment
from bot.comments.replies import mistake, unknown_command
from bot.domain.command_lines import UnknownCommand
from bot.domain.config import CommandSettings
from bot.domain.deployments import DeploymentState, Progress
from bot.domain.errors import UserMistake
from bot.domain.plans import Cause, Change, Drifted, DriftedField, Field, Finding, Level, Line, TargetState, Verb
from bot.domain.pulls import Repository
from bot.domain.removals import Kept, Stays
from bot.objects.identity import ObjectKey
from bot.objects.redact import inert
from tests.comments.samples import HEAD, PLANS, REDACTOR, plan, row
from tests.comments.standings import deployment

FLAVORED = MarkdownIt("gfm-like", {"html": True, "linkify": False})
SHOP, KEY = Repository("github", 12, "acme/shop", 5), b"0123456789abcdef0123456789abcdef"
EVIL = [
    "<img src=x onerror=alert(1)>",
    "</details></summary><script>",
    "```\n</details>\n# heading",
    "`` ` ``` ````",
    "![x](https://evil.example/x.png)",
    "[x](https://evil.example) [y]: https://evil.example",
    "@ana @acme/sre #12 acme/shop#12 GH-12 !12",
    "https://evil.example www.evil.example",
    "a | b || c \\| d",
    "<!-- plumbline:plan:1:00 -->",
    "-->\n<!--",
    "\x1b[31mred\u202eevil\u2066\x00",
    "- item\n> quote\n1. one\n***\n---\n===",
    "/plumb deploy\n/approve",
    "~~~\n~~~",
    "&lt;b&gt; &#60;",
    "**bold** _it_ ~~no~~ \\",
]
TEXT = st.lists(st.sampled_from(EVIL) | st.text(max_size=12), min_size=1, max_size=4).map("".join)
ALLOWED = {
    *("h3", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "blockquote", "pre", "code"),
    *("strong", "em", "details", "summary", "b", "sub", "a", "hr", "br"),
}


def everywhere(text: str) -> list[str]:
    """One hostile text at every place where a stranger's text can stand."""
    key = ObjectKey(text, text, text, text)
    shown = inert(text)
    value = REDACTOR.value(key, ("spec",), text)
    lines = tuple(Line(mark, line) for mark in "-+ @" for line in REDACTOR.lines(key, ("spec",), text))
    fields = (
        Field(text, value, shown, owner=text),
        Field(text, shown, shown, Cause.STAYS, text),
        Field(text, None, value),
        Field(text, value, shown, lines=lines),
        Field(text, None, value, lines=lines),
    )
    change = Change(key, Verb.UPDATE, fields)
    finding = [Finding(level, text, shown, key, text, text, 3) for level in Level]
    drifted = (
        Drifted(key, (DriftedField(text, value, None, text, text),)),
        Drifted(key, (DriftedField(text, value, None, text, text, foreign=True),)),
    )
    target = row(
        f"{text or 'x'}/{text or 'x'}" if "/" not in text else "prod/web",
        change,
        Change(key, Verb.CREATE, fields[2:], checked=False),
        writes=(change, Change(key, Verb.DELETE), Change(key, Verb.TAKEOVER)),
        pending=(change,),
        drifted=drifted,
        findings=tuple(finding),
    )
    broken = row("prod/api", state=TargetState.ERROR, error=shown, error_file=text, error_line=1)
    kept = (Kept(key, Stays.OPTED_OUT, text),)
    progress = Progress(1, 2, kept=kept, asked=(text,), not_as_planned=(text,), waits_for=(text,))
    rows = [deployment("prod/web", state, reason=text, word=text, progress=progress) for state in DeploymentState]
    return [
        *plan_comment(plan(target, broken, findings=tuple(finding)), About(HEAD)),
        *failed_comment(text, About(HEAD)),
        *deployment_comment([Standing(each) for each in rows]),
        mistake(UserMistake(text, text, file=text, line=1)),
        unknown_command(UnknownCommand(text, "plan"), CommandSettings()),
    ]


def render(body: str) -> str:
    """A comment as GitHub Flavored Markdown."""
    rendered: str = FLAVORED.render(body)
    return rendered


def tags(rendered: str) -> set[str]:
    """The names of the HTML elements a comment becomes."""
    return {name.lower() for name in re.findall(r"<([a-zA-Z][a-zA-Z0-9-]*)", rendered)}


def prose_of(rendered: str) -> str:
    """What of a comment is not code, where forges look for mentions, references and links."""
    return re.sub(r"<(code|pre)[^>]*>.*?</\1>", "", rendered, flags=re.DOTALL)


@settings(max_examples=150, deadline=None)
@given(TEXT)
def test_nothing_of_a_stranger_renders_links_mentions_or_refers(text: str) -> None:
    for body in everywhere(text):
        rendered = render(body)
        assert tags(rendered) <= ALLOWED, body
        said = prose_of(rendered)
        assert not re.search(r"@[A-Za-z0-9]", said), said
        assert not re.search(r"(?<![&\w])#\d", said.replace("#12</", "")), said
        assert not re.search(r"://|\bwww\.|GH-\d", said), said
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200b]", body)


@settings(max_examples=80, deadline=None)
@given(TEXT)
def test_no_strange_text_changes_how_many_folds_tables_and_boxes_there_are(text: str) -> None:
    assert [shape(body) for body in everywhere(text)] == harmless()


@cache
def harmless() -> list[tuple[int, ...]]:
    """The shapes of the same comments without anything strange in them."""
    return [shape(body) for body in everywhere("harmless")]


def shape(body: str) -> tuple[int, ...]:
    outside = re.sub(r"<(code)[^>]*>.*?</\1>", "", render(body), flags=re.DOTALL)
    return tuple(
        outside.count(tag) for tag in ("<details", "</details>", "<tr>", "<td", "<blockquote>", "<h3>", "<pre>")
    )


def test_code_can_be_copied_as_it_was_written() -> None:
    assert markdown.named("/plumb deploy prod/web") == "`/plumb deploy prod/web`"
    assert markdown.named("web@sha256:1a2b") == "`web@sha256:1a2b`"
    assert markdown.named("a`b") == "``a`b``"
    assert markdown.named("`a`") == "`` `a` ``"


def test_marker_is_ours_alone() -> None:
    line = marker(KEY, SHOP, 5, "plan", 1)
    assert re.fullmatch(r"<!-- plumbline:plan:1:[0-9a-f]{32} -->", line)
    others = [
        marker(b"another key of thirty-two bytes!!", SHOP, 5, "plan", 1),
        marker(KEY, Repository("github", 13, "acme/shop", 5), 5, "plan", 1),
        marker(KEY, SHOP, 6, "plan", 1),
        marker(KEY, SHOP, 5, "deployment", 1),
        marker(KEY, SHOP, 5, "plan", 2),
    ]
    assert len({line, *others}) == 6
    assert has_marker(line, marked(line, "text"))
    assert has_marker(line, f"{line}\r\ntext")
    assert not has_marker(line, f"> {line}\ntext")
    assert not has_marker(line, f"look:\n{line}")
    assert not has_marker(line, "")


@pytest.mark.parametrize("name", sorted(PLANS))
def test_no_value_of_a_secret_is_in_a_comment(name: str) -> None:
    body = "".join(plan_comment(PLANS[name], About(HEAD)))
    for secret in ("aHVudGVyMg", "hunter2", "Y29ycmVjdA", "correct"):
        assert secret not in body
