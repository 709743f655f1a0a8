"""The door as a process on both databases: what it accepted stays, whatever happens to it right after."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from bot.ledger.ledger import open_ledger
from bot.ledger.tables import deliveries, due
from tests.databases import PostgresServer, postgres_server
from tests.handlers.webhooks import headers, pull_opened
from tests.waiting import until


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/plumbline.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.fresh()


class OpenDoor:
    """A running door process."""

    def __init__(self, database_url: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        root = Path(__file__).parents[2]
        program = [sys.executable, str(Path(__file__).with_name("door_process.py")), database_url, str(port)]
        self.process = subprocess.Popen(program, env={"PYTHONPATH": str(root)}, stdout=subprocess.PIPE)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20)
        until(self.is_ready)

    def is_ready(self) -> bool:
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def deliver(self, delivery: str) -> int:
        body = pull_opened()
        try:
            answer = self.client.post("/webhooks/github", content=body, headers=headers(body, delivery))
        except httpx.TransportError:
            return 0
        return answer.status_code

    def close(self) -> None:
        self.client.close()
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def open_door(database_url: str) -> Iterator[Callable[[], OpenDoor]]:
    opened: list[OpenDoor] = []

    def one() -> OpenDoor:
        opened.append(OpenDoor(database_url))
        return opened[-1]

    yield one
    for each in opened:
        each.close()


def noted(database_url: str) -> tuple[set[str], set[str]]:
    """Deliveries that are on disk, and those whose job is."""
    ledger = open_ledger(database_url)
    with ledger.database.begin() as connection:
        rows = set(connection.execute(sa.select(deliveries.c.id)).scalars())
        jobs = {key.rpartition(":")[0] for key in connection.execute(sa.select(due.c.key)).scalars()}
        runs = connection.execute(sa.select(due.c.run)).scalars().all()
    assert ledger.client.open_among(runs) == set(runs)
    ledger.close()
    return rows, jobs


def test_what_was_accepted_is_on_disk_when_the_door_is_killed(
    database_url: str, open_door: Callable[[], OpenDoor]
) -> None:
    front = open_door()
    accepted = []
    with ThreadPoolExecutor(8) as pool:
        for delivery, status in pool.map(lambda n: (f"guid-{n}", front.deliver(f"guid-{n}")), range(200)):
            if status == 202:
                accepted.append(delivery)
            if len(accepted) == 60:
                front.process.kill()
    assert len(accepted) >= 60
    rows, jobs = noted(database_url)
    assert set(accepted) <= rows
    assert rows == jobs, "a delivery and its job are there together or not at all"


def test_a_delivery_sent_again_after_the_kill_is_still_taken_once(
    database_url: str, open_door: Callable[[], OpenDoor]
) -> None:
    front = open_door()
    assert front.deliver("guid-1") == 202
    front.process.kill()
    again = open_door()
    assert again.deliver("guid-1") == 202
    assert again.deliver("guid-2") == 202
    assert noted(database_url)[1] == {"guid-1", "guid-2"}


def test_a_door_asked_to_close_ends_in_order(open_door: Callable[[], OpenDoor]) -> None:
    front = open_door()
    front.process.terminate()
    out, _ = front.process.communicate(timeout=150)
    assert (front.process.returncode, out) == (0, b"door closed\n")
