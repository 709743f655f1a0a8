"""GitHub's adapter when GitHub is away, slow, or asks to be left alone; and its log of deliveries that failed."""

import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from bot.domain.errors import TryLater
from bot.domain.pulls import Repository
from bot.forges.github.answers import Missing, explain
from bot.forges.github.app import App
from bot.forges.github.auth import Tokens, read_needs
from bot.forges.github.github import GitHub
from bot.forges.github.pace import BURST, Pace
from bot.ports.forge import ForgeRefused
from fixtures.forge.stage import Stage

pytest_plugins = ["fixtures.forge.pytest_forge"]
COMMENTS, PULLS = "pull_requests:write", ("pull_requests:read", "contents:read")


@pytest.fixture
def hub(stage: Stage) -> Iterator[GitHub]:
    github = GitHub(App(stage.forge.app.id, stage.forge.app.private_key, stage.forge.url))
    yield github
    github.close()


@pytest.fixture
def shop(stage: Stage) -> Repository:
    found = stage.forge.repository("acme/shop")
    return Repository("github", found.id, found.full_name, stage.installation.id)


def paths(stage: Stage, method: str) -> list[str]:
    return [each.path for each in stage.forge.requests if each.method == method and "/access_tokens" not in each.path]


@pytest.mark.parametrize("status", [500, 502, 503])
def test_write_whose_answer_was_lost_is_not_sent_again(
    stage: Stage, hub: GitHub, shop: Repository, status: int
) -> None:
    number = stage.open_pull()
    stage.forge.faults.fail_after_effect("POST .*comments", status=status)
    with hub.open(shop, COMMENTS) as forge, pytest.raises(TryLater):
        forge.comments.create(number, "once")
    assert [each.body for each in stage.forge.comments(number)] == ["once"]


def test_read_that_failed_is_tried_again_at_once(stage: Stage, hub: GitHub, shop: Repository) -> None:
    number = stage.open_pull()
    stage.forge.faults.fail_before_effect(f"GET .*pulls/{number}", times=2)
    with hub.open(shop, *PULLS) as forge:
        assert forge.pulls.get(number) is not None


def test_read_that_goes_on_failing_is_tried_later(stage: Stage, hub: GitHub, shop: Repository) -> None:
    stage.forge.faults.fail_before_effect("GET .*pulls", times=3)
    with hub.open(shop, *PULLS) as forge, pytest.raises(TryLater):
        forge.pulls.open()


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("named", [30, None])
def test_limit_is_obeyed_by_every_job_of_the_installation_without_sleeping(
    stage: Stage, hub: GitHub, shop: Repository, status: int, named: int | None
) -> None:
    number, least = stage.open_pull(), (named or 60) - 0.5
    stage.forge.faults.secondary_limit("POST .*comments", status=status, retry_after=named)
    began = time.monotonic()
    with hub.open(shop, COMMENTS) as forge, pytest.raises(TryLater) as first:
        forge.comments.create(number, "one")
    limited = time.monotonic()
    asked = len(stage.forge.requests)
    with hub.open(shop, *PULLS) as forge, pytest.raises(TryLater) as second:
        forge.pulls.open()
    assert first.value.after >= least
    passed = time.monotonic() - limited
    assert first.value.after - passed - 1 <= second.value.after <= first.value.after
    assert len(stage.forge.requests) == asked
    assert time.monotonic() - began < (named or 60), "nobody slept"


def test_used_up_hour_is_waited_for_until_its_reset(stage: Stage, hub: GitHub, shop: Repository) -> None:
    stage.forge.faults.exhaust_primary(90)
    with hub.open(shop, *PULLS) as forge, pytest.raises(TryLater) as later:
        forge.pulls.open()
    assert 80 <= later.value.after <= 92


def test_forge_that_is_not_there_is_tried_later(stage: Stage, shop: Repository) -> None:
    app = App(1, stage.forge.app.private_key, "http://127.0.0.1:9")
    with httpx.Client() as http, pytest.raises(TryLater):
        Tokens(app, http, time.time).get(shop, {})


@pytest.mark.parametrize("key", ["", "hello", "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----"])
def test_wrong_private_key_is_refused_at_once_without_showing_it(key: str) -> None:
    with pytest.raises(ValueError, match="not the PEM text") as refused:
        App(1, key)
    assert "secret" not in str(refused.value)


def test_failed_deliveries_are_listed_oldest_first_and_asked_for_again(stage: Stage, hub: GitHub) -> None:
    before = time.time() - 5
    good = stage.forge.app.webhook_url
    stage.forge.settle()
    stage.forge.app.webhook_url = None
    number = stage.open_pull()
    stage.forge.comment(number, "hello", by="ana")
    stage.forge.settle()
    log = hub.deliveries()
    failed = log.failed(before)
    assert len(failed) >= 2
    assert len({each.delivery for each in failed}) == len(failed)
    assert log.failed(time.time() + 60) == []
    stage.forge.app.webhook_url = good
    for each in failed:
        log.ask_again(each.attempt)
    stage.forge.settle()
    assert log.failed(before) == []
    log.ask_again(999_999_999)


def test_burst_goes_out_at_once_then_writes_are_paced_and_a_crowd_is_sent_away() -> None:
    clock: list[float] = [0.0]
    slept: list[float] = []
    pace = Pace(lambda: clock[0], slept.append)
    for _ in range(BURST):
        pace.take()
    assert slept == []
    pace.take()
    assert slept == [pytest.approx(0.75)]
    with pytest.raises(TryLater) as later:
        pace.take()
    assert later.value.after == pytest.approx(1.5)
    clock[0] = 60.0
    for _ in range(BURST):
        pace.take()
    assert len(slept) == 1


def test_no_more_than_eighty_writes_go_out_in_a_minute() -> None:
    clock = [0.0]
    pace = Pace(lambda: clock[0], lambda seconds: None)
    sent = 0
    for tick in range(6000):
        clock[0] = tick / 100
        try:
            pace.take()
            sent += 1
        except TryLater:
            continue
    assert 78 <= sent <= 80 + BURST + 1


NOW = 1000.0


@pytest.mark.parametrize(
    ("status", "headers", "message", "after"),
    [
        (403, {"retry-after": "30"}, "", 30),
        (429, {"retry-after": "30"}, "", 30),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1100"}, "API rate limit exceeded", 101),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "900"}, "", 1),
        (403, {}, "You have exceeded a secondary rate limit", 60),
        (429, {}, "", 60),
        (403, {"retry-after": "999999"}, "", 3600),
        (502, {}, "", 10),
        (503, {"retry-after": "5"}, "", 5),
    ],
)
def test_answer_that_asks_for_patience_says_how_long(
    status: int, headers: dict[str, str], message: str, after: float
) -> None:
    explained = explain(status, headers, message, NOW)
    assert isinstance(explained, TryLater)
    assert explained.after == after


def test_answers_that_no_patience_helps_are_told_apart() -> None:
    assert isinstance(explain(404, {}, "Not Found", NOW), Missing)
    assert isinstance(explain(410, {}, "", NOW), Missing)
    assert isinstance(explain(422, {}, "No commit found for SHA: x", NOW), Missing)
    for status in (401, 403, 409, 422):
        refused = explain(status, {}, "no", NOW)
        assert isinstance(refused, ForgeRefused)
        assert refused.status == status


def test_two_threads_that_need_the_same_token_mint_it_once(stage: Stage, shop: Repository) -> None:
    app = App(stage.forge.app.id, stage.forge.app.private_key, stage.forge.url)
    stage.forge.faults.slow("POST .*access_tokens", 0.2, times=8)
    with httpx.Client() as http:
        tokens, found = Tokens(app, http, time.time), []
        threads = [threading.Thread(target=lambda: found.append(tokens.get(shop, {"checks": "write"}))) for _ in "four"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert len([each for each in stage.forge.requests if each.path.endswith("/access_tokens")]) == 1


def test_needs_are_read_strictly_and_the_higher_level_counts() -> None:
    assert read_needs(("checks:read", "checks:write", "contents:read")) == {"checks": "write", "contents": "read"}
    for wrong in ("checks", "checks:admin", ":read"):
        with pytest.raises(ValueError, match="no permission"):
            read_needs((wrong,))


def test_no_secret_shows_in_what_is_printed(stage: Stage) -> None:
    app = App(1, stage.forge.app.private_key)
    assert "PRIVATE KEY" not in repr(app)
    assert app.api == "https://api.github.com"
