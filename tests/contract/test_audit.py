"""The audit on every database: one chain whoever writes, and no change to it that goes unseen."""

import json
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.domain.audit import Entry
from bot.domain.pulls import Repository
from bot.ledger.ledger import SqlLedger, open_ledger
from bot.ledger.tables import audit, audit_end
from bot.ports.audit import Wanted
from handlers.__main__ import main
from handlers.cli.audit import broken, entries
from tests.databases import fresh_sqlite


def entry(number: int, target: str = "prod/web", detail: str = "") -> Entry:
    return Entry(1_700_000_000 + number, "github:12", target, "ana", "word", f"c{number}", detail)


def note(ledger: SqlLedger, *noted: Entry) -> None:
    with ledger.begin() as tx:
        for each in noted:
            tx.audit.add(each)


def test_what_is_noted_comes_back_in_order_and_holds(ledger: SqlLedger) -> None:
    hostile = entry(2, detail="\x00 \ud800 \u202e né")
    note(ledger, entry(1), hostile)
    note(ledger, entry(3, "staging/web"))
    found = list(entries(ledger, Wanted()))
    assert [each.entry for each in found] == [entry(1), hostile, entry(3, "staging/web")]
    assert [each.number for each in found] == [1, 2, 3]
    assert broken(ledger)[1] is None


def test_what_is_asked_for_is_found_by_target_repository_and_time(ledger: SqlLedger) -> None:
    note(ledger, entry(1), entry(2, "staging/web"), entry(3))
    assert [each.number for each in entries(ledger, Wanted(target="prod/web"))] == [1, 3]
    assert [each.number for each in entries(ledger, Wanted(since=1_700_000_002.0))] == [2, 3]
    assert list(entries(ledger, Wanted(repository="github:13"))) == []


def test_a_transaction_that_fails_notes_nothing(ledger: SqlLedger) -> None:
    def fail() -> None:
        with ledger.begin() as tx:
            tx.audit.add(entry(1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(entries(ledger, Wanted())) == []
    assert broken(ledger)[1] is None


def test_many_writers_in_processes_of_their_own_make_one_chain(ledger: SqlLedger, database_url: str) -> None:
    def write(which: int) -> None:
        mine = open_ledger(database_url)  # a pool of its own, as another process has
        for number in range(10):
            note(mine, entry(which * 100 + number), entry(which * 100 + number + 50))
        mine.close()

    threads = [threading.Thread(target=write, args=(which,)) for which in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last, found = broken(ledger)
    assert (last.number, found) == (80, None)
    subjects = [each.entry.subject for each in entries(ledger, Wanted())]
    pairs = list(zip(subjects[::2], subjects[1::2], strict=True))
    assert all(int(second[1:]) == int(first[1:]) + 50 for first, second in pairs), (
        "what is noted together stays together"
    )


CHANGES: dict[str, tuple[int, Callable[[sa.Connection], object]]] = {
    "a text changed": (2, lambda c: c.execute(sa.update(audit).where(audit.c.number == 2).values(body=_forged()))),
    "a column changed": (2, lambda c: c.execute(sa.update(audit).where(audit.c.number == 2).values(target="x/y"))),
    "a hash changed": (2, lambda c: c.execute(sa.update(audit).where(audit.c.number == 2).values(hash="0" * 64))),
    "one removed": (2, lambda c: c.execute(sa.delete(audit).where(audit.c.number == 2))),
    "the first removed": (1, lambda c: c.execute(sa.delete(audit).where(audit.c.number == 1))),
    "the last removed": (3, lambda c: c.execute(sa.delete(audit).where(audit.c.number == 3))),
    "the end moved": (3, lambda c: c.execute(sa.update(audit_end).values(hash="0" * 64))),
}


def _forged() -> str:
    return (
        '{"action":"word","actor":"bob","at":1700000002.0,"detail":"","repository":"github:12","subject":"c2",'
        '"target":"prod/web"}'
    )


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_behind_our_back_is_seen_where_it_happened(ledger: SqlLedger, change: str) -> None:
    note(ledger, entry(1), entry(2), entry(3))
    at, do = CHANGES[change]
    with ledger.database.begin() as connection:
        do(connection)
    found = broken(ledger)[1]
    assert found is not None
    assert found.startswith(f"entry {at} ")


def test_the_command_lists_it_and_says_where_it_breaks(
    tmp_path: Path, templates: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = fresh_sqlite(tmp_path, templates)
    monkeypatch.setenv("PLUMBLINE_DATABASE_URL", url)
    monkeypatch.setenv("PLUMBLINE_DATA_DIR", str(tmp_path))
    with closing(open_ledger(url)) as ledger:
        with ledger.begin() as tx:
            tx.repositories.see(Repository("github", 12, "acme/shop", 7))
        note(ledger, entry(1), entry(2, "staging/web", "two\nlines"))
        assert main(["audit", "--repository", "github:acme/shop", "--target", "staging/web"]) == 0
        told = "2 2023-11-14T22:13:22Z ana word github:acme/shop staging/web c2: two\\nlines\n"
        assert capsys.readouterr().out == told
        assert main(["audit", "--format", "json", "--since", "2023-11-14T22:13:22Z"]) == 0
        assert json.loads(capsys.readouterr().out)["subject"] == "c2"
        assert main(["audit", "--verify"]) == 0
        assert capsys.readouterr().out.startswith("whole: 2 entries, the last one is 2:")
        with ledger.database.begin() as connection:
            CHANGES["one removed"][1](connection)
        assert main(["audit", "--verify"]) == 1
        assert capsys.readouterr().out == "broken: entry 2 is missing, 2 were noted\n"
    assert main(["audit", "--repository", "github:acme/none"]) == 1
    assert "known: github:acme/shop" in capsys.readouterr().err
