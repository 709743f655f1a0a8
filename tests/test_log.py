"""What logs show, and what they never show."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.log import MASK, mask, start_logging

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----"


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "secret",
    [
        "ghs_16C7e42F292c6912E7710c838347Ae178B4a",
        "ghs_" + "Ab0." * 200,
        "ghp_x",
        "github_pat_11ABC_xyz",
        "glpat-Ab-0_x.1",
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOjF9.c2ln",
        KEY,
        KEY[:50],
    ],
)
def test_what_looks_like_a_secret_is_masked(secret: str) -> None:
    assert mask(f"before {secret}\n".rstrip()) == f"before {MASK}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Basic eDpnaHNfYWJj", f"Authorization: {MASK}"),
        ("authorization: token abc", f"authorization: {MASK}"),
        ("{'Authorization': 'Bearer abc'}", f"{{'Authorization': 'Bearer {MASK}'}}"),
        ("postgresql://bot:word@db/plumbline", f"postgresql://{MASK}@db/plumbline"),
        ("https://x-access-token:abc@github.com/acme/shop.git", f"https://{MASK}@github.com/acme/shop.git"),
    ],
)
def test_a_header_or_address_keeps_what_is_no_secret(text: str, shown: str) -> None:
    assert mask(text) == shown


@pytest.mark.parametrize(
    "text",
    ["acme/shop@1a2b3c4", "github:12#5", "a token of thanks", "the basic plan", "ana@acme.io", "http://[::1]:80/"],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert mask(text) == text


@given(st.text(), st.text(min_size=6).map(str.strip).filter(lambda text: len(text) >= 6), st.text())
def test_a_known_secret_never_comes_through(before: str, secret: str, after: str) -> None:
    assert secret not in mask(before + secret + after, [secret]).replace(MASK, "")


def logged(form: str, *secrets: str) -> tuple[io.StringIO, structlog.stdlib.BoundLogger]:
    stream = io.StringIO()
    start_logging(form, secrets, stream)
    return stream, structlog.get_logger("plumbline.test")


def test_json_logs_have_a_line_for_each_event_and_no_secret() -> None:
    stream, log = logged("json", "hunter-22")
    log.info("planned", job="plan", token="abc", nested={"Authorization": "x", "seen": ["hunter-22", 3]}, why=None)
    logging.getLogger("some.library").warning("sent %s", "Authorization: Bearer abc")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["event"], first["job"], first["token"], first["why"]) == ("planned", "plan", MASK, None)
    assert first["nested"] == {"Authorization": MASK, "seen": [MASK, 3]}
    assert (second["event"], second["logger"]) == (f"sent Authorization: {MASK}", "some.library")


@pytest.mark.parametrize("form", ["json", "text"])
def test_the_words_of_an_error_are_masked(form: str) -> None:
    stream, log = logged(form, "hunter-22")
    try:
        raise ValueError("hunter-22 and ghs_abc")
    except ValueError:
        log.exception("failed")
    assert f"ValueError: {MASK} and {MASK}" in stream.getvalue()
    assert "hunter" not in stream.getvalue()


def test_nobody_can_write_a_line_of_ours() -> None:
    stream, log = logged("text")
    log.info("planned", title="x\n2026-01-01 [info] deployed\x1b[2J")
    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b" not in stream.getvalue()


def test_whole_numbers_that_count_tokens_are_masked_too_and_yes_or_no_is_not() -> None:
    stream, log = logged("json")
    log.info("x", tokens=3, has_secret=True)
    said = json.loads(stream.getvalue())
    assert (said["tokens"], said["has_secret"]) == (MASK, True)
