"""What the door answers: to GitHub, to strangers, and to what would harm it."""

import json
import logging
import resource
import select
import socket
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from bot.domain.errors import TryLater
from bot.domain.subjects import Job
from bot.forges.github.door import GitHubDoor
from bot.ledger.ledger import SqlLedger, open_ledger
from bot.web.door import LEDGER_SECONDS, MOST_BYTES, door
from tests.databases import fresh_sqlite
from tests.handlers.served import served
from tests.handlers.webhooks import OTHER_SECRET, SECRET, headers, pull_opened
from tests.waiting import until

ADDRESS = "/webhooks/github"


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates")


@pytest.fixture
def ledger(tmp_path: Path, templates: Path) -> Iterator[SqlLedger]:
    opened = open_ledger(fresh_sqlite(tmp_path, templates))
    yield opened
    opened.close()


@pytest.fixture
def client(ledger: SqlLedger) -> Iterator[httpx.Client]:
    with visiting(door({"github": GitHubDoor([SECRET, OTHER_SECRET], 1)}, ledger, ledger.ready)) as client:
        yield client


@contextmanager
def visiting(app: Starlette) -> Iterator[httpx.Client]:
    with served(app) as (host, port), httpx.Client(base_url=f"http://{host}:{port}", timeout=100) as client:
        yield client


def said_to(client: httpx.Client, head: str, chunks: Iterable[bytes] = ()) -> bytes:
    """What comes back for bytes that no ordinary client would send, read while they are still being sent."""
    with socket.create_connection((client.base_url.host, client.base_url.port or 0), timeout=100) as line:
        line.sendall(f"POST {ADDRESS} HTTP/1.1\r\nHost: door\r\n{head}\r\n\r\n".encode())
        for chunk in chunks:
            line.sendall(chunk)
            if select.select([line], [], [], 0)[0]:
                break
        return line.recv(4096)


def is_due(ledger: SqlLedger, key: str) -> bool:
    with ledger.begin() as tx:
        return tx.jobs.due(Job("ingest", "ingest", key))


def refused(client: httpx.Client, body: bytes, sent: dict[str, str], status: int) -> str:
    """The one short line that a refusal is made of."""
    answer = client.post(ADDRESS, content=body, headers=sent)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/plain")
    assert len(answer.text) < 100
    assert answer.text.count("\n") == 1
    return str(answer.text)


def test_a_signed_delivery_is_noted_with_its_job_and_answered_with_its_id(
    client: httpx.Client, ledger: SqlLedger
) -> None:
    body = pull_opened()
    answer = client.post(ADDRESS, content=body, headers=headers(body, "guid-1"))
    assert (answer.status_code, answer.json()) == (202, {"delivery": "guid-1"})
    assert is_due(ledger, "guid-1:1")


def test_the_same_delivery_again_is_welcome_and_does_nothing(client: httpx.Client, ledger: SqlLedger) -> None:
    body = pull_opened()
    for _ in range(3):
        answer = client.post(ADDRESS, content=body, headers=headers(body, "guid-1"))
        assert (answer.status_code, answer.json()) == (202, {"delivery": "guid-1"})
    assert not is_due(ledger, "guid-1:2")


def test_both_live_secrets_open_the_door(client: httpx.Client) -> None:
    body = pull_opened()
    answer = client.post(ADDRESS, content=body, headers=headers(body, "guid-1", secret=OTHER_SECRET))
    assert answer.status_code == 202


@pytest.mark.parametrize("event", ["ping", "star", "event_of_tomorrow"])
def test_an_event_without_meaning_is_welcome_and_queues_nothing(
    client: httpx.Client, ledger: SqlLedger, event: str
) -> None:
    body = b'{"zen": "Design for failure."}'
    answer = client.post(ADDRESS, content=body, headers=headers(body, "guid-1", event))
    assert (answer.status_code, answer.json()) == (202, {"delivery": "guid-1"})
    assert not is_due(ledger, "guid-1:1")


@pytest.mark.parametrize("signature", [None, "", "sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "sha256=é"])
def test_a_delivery_without_a_right_signature_is_refused(
    client: httpx.Client, ledger: SqlLedger, signature: str | None
) -> None:
    body = pull_opened()
    sent = headers(body, "guid-1") | {"x-hub-signature-256": signature or ""}
    if signature is None:
        del sent["x-hub-signature-256"]
    raw = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
    assert client.post(ADDRESS, content=body, headers=raw).status_code == 401
    assert not is_due(ledger, "guid-1:1")


def test_an_unsigned_body_is_never_parsed(client: httpx.Client) -> None:
    refused(client, b"not json", headers(b"something else", "guid-1"), 401)


def test_a_signature_of_another_body_is_refused(client: httpx.Client) -> None:
    refused(client, pull_opened(6), headers(pull_opened(5), "guid-1"), 401)


PULL_WITHOUT_NUMBER = pull_opened().replace(b'"pull_request": {"number": 5}', b'"pull_request": {"number": "5"}')


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'"text"', b"\xff\xfe", PULL_WITHOUT_NUMBER])
def test_a_signed_body_that_cannot_be_read_is_refused(client: httpx.Client, body: bytes) -> None:
    refused(client, body, headers(body, "guid-1"), 400)


@pytest.mark.parametrize("delivery", ["", "a b", "x" * 300, "guid/../1"])
def test_a_delivery_without_a_proper_id_is_refused(client: httpx.Client, delivery: str) -> None:
    body = pull_opened()
    refused(client, body, headers(body, delivery), 400)


@pytest.mark.parametrize("deep", [b"[" * 200_000, b'{"a":' * 200_000, b"[" * 200_000 + b"]" * 200_000])
def test_json_without_a_bottom_is_refused_and_the_door_stays_open(client: httpx.Client, deep: bytes) -> None:
    refused(client, deep, headers(deep, "guid-1"), 400)
    body = pull_opened()
    assert client.post(ADDRESS, content=body, headers=headers(body, "guid-2")).status_code == 202


def test_a_body_that_says_it_is_too_long_is_refused_unread(client: httpx.Client) -> None:
    assert said_to(client, f"Content-Length: {MOST_BYTES + 1}").startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("length", ["-1", "many", "1e9", "9" * 40])
def test_a_length_that_is_no_number_is_refused(client: httpx.Client, length: str) -> None:
    assert said_to(client, f"Content-Length: {length}")[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 413")


def test_a_body_that_hides_its_length_is_cut_off_at_the_limit(client: httpx.Client) -> None:
    megabyte = b"100000\r\n" + b"x" * (1 << 20) + b"\r\n"
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 500:
            sent += 1
            yield megabyte

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert said_to(client, "Transfer-Encoding: chunked", endless()).startswith(b"HTTP/1.1 413 ")
    assert sent < 60
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000, "kB"


def test_many_large_bodies_at_once_are_not_all_held_in_memory(client: httpx.Client) -> None:
    half = b"C00000\r\n" + b"x" * 0xC00000 + b"\r\n"
    hold = threading.Barrier(7)

    def send() -> bytes:
        with socket.create_connection((client.base_url.host, client.base_url.port or 0), timeout=100) as line:
            line.sendall(f"POST {ADDRESS} HTTP/1.1\r\nHost: door\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
            line.sendall(half)
            hold.wait(100)
            return line.recv(4096) if select.select([line], [], [], 2)[0] else b""

    with ThreadPoolExecutor(7) as pool:
        answers = [each.result() for each in [pool.submit(send) for _ in range(7)]]
    assert any(answer.startswith(b"HTTP/1.1 503 ") for answer in answers)
    body = pull_opened()
    assert until(lambda: client.post(ADDRESS, content=body, headers=headers(body, "guid-1")).status_code == 202)


def test_a_payload_of_the_largest_size_passes(client: httpx.Client) -> None:
    payload = json.loads(pull_opened())
    body = json.dumps({**payload, "padding": "x" * (24 * 1024 * 1024)}).encode()
    assert client.post(ADDRESS, content=body, headers=headers(body, "guid-1")).status_code == 202


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", ADDRESS, 405),
        ("POST", "/webhooks/gitlab", 404),
        ("POST", "/webhooks/", 404),
        ("POST", "/webhooks/github/more", 404),
        ("GET", "/", 404),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
    ],
)
def test_only_the_known_addresses_answer(client: httpx.Client, method: str, address: str, status: int) -> None:
    assert client.request(method, address).status_code == status


class AwayLedger:
    """A ledger whose database does not answer, at once or after a long time."""

    def __init__(self, hangs: threading.Event | None = None) -> None:
        self._hangs = hangs

    def begin(self) -> "AwayLedger":
        if self._hangs is not None:
            self._hangs.wait(60)
        raise TryLater("the database did not answer")

    def ready(self) -> bool:
        return False


def test_without_a_ledger_the_door_asks_to_send_again_and_is_not_ready_but_alive() -> None:
    away = AwayLedger()
    with visiting(door({"github": GitHubDoor([SECRET], 1)}, away, away.ready)) as client:  # type: ignore[arg-type]
        body = pull_opened()
        answer = client.post(ADDRESS, content=body, headers=headers(body, "guid-1"))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200


def test_a_ledger_that_hangs_is_answered_for_before_the_forge_gives_up() -> None:
    hangs = threading.Event()
    away = AwayLedger(hangs)
    with visiting(door({"github": GitHubDoor([SECRET], 1)}, away, away.ready)) as client:  # type: ignore[arg-type]
        body = pull_opened()
        answer = client.post(ADDRESS, content=body, headers=headers(body, "guid-1"))
        hangs.set()
    assert answer.status_code == 503
    assert LEDGER_SECONDS < 10, "when GitHub gives up"
    assert answer.elapsed.total_seconds() < LEDGER_SECONDS + 20


def test_nothing_of_a_payload_reaches_the_log(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    body = b'{"action": "opened", "token": "hunter2"}'
    client.post(ADDRESS, content=body, headers=headers(body, "guid-1"))
    client.post(ADDRESS, content=body, headers={"x-hub-signature-256": "sha256=hunter2"})
    assert "hunter2" not in caplog.text
