"""A Postgres server that crashes and comes back while a worker works: nothing is lost, nothing is restarted by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.errors import TryLater
from bot.domain.subjects import Job
from bot.ledger.ledger import open_ledger
from tests.contract.worker_process import Journal, make_worker
from tests.databases import PostgresServer, postgres_server
from tests.waiting import until


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server of this test's own, since it is going to be ill-treated."""
    with postgres_server() as server:
        yield server


def test_work_goes_on_where_it_stopped_when_the_database_comes_back(server: PostgresServer, tmp_path: Path) -> None:
    ledger, journal = open_ledger(server.fresh()), Journal(tmp_path)
    worker = make_worker(ledger, journal, ttl=2.0)
    worker.start()

    def put(job: Job) -> bool:
        try:
            with ledger.begin() as tx:
                tx.jobs.put(job)
        except TryLater:
            return False
        return True

    assert put(Job("apply", "gated", "k"))
    until(lambda: journal.lines("begin"))
    server.go_away()
    assert not put(Job("apply", "quick", "k"))
    assert not ledger.ready()
    journal.open_gate("k")
    until(lambda: journal.lines("end"))
    server.come_back()
    until(ledger.ready)
    until(lambda: put(Job("apply", "quick", "k")))
    until(lambda: [line[1] for line in journal.lines("end")][-1] == "quick")
    # The end of the first run could not be written down, so it was run once more before its key was free.
    assert [line[1] for line in journal.lines("end")] in (["gated", "quick"], ["gated", "gated", "quick"])
    assert worker.stop(grace=30)
    ledger.close()
