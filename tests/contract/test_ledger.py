"""The ledger's rows, on every database: what is written comes back, and only what may be written is."""

import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from bot.domain.deployments import Condition, Deployment, DeploymentState, Wait
from bot.domain.errors import TryLater
from bot.domain.events import PullChanged
from bot.domain.inventory import InventoryRow
from bot.domain.plans import Finding, Level, Plan, TargetPlan, TargetState
from bot.domain.pulls import Repository
from bot.domain.subjects import Job, Target, plan_job
from bot.ledger.ledger import SqlLedger, open_ledger
from bot.ledger.tables import PREFIX, VERSION_TABLE, metadata
from bot.objects.identity import ObjectKey
from bot.objects.redact import Redacted
from bot.ports.ledger import KnownRepository, PullRow, Said

SHOP = Repository("github", 12, "acme/shop", 99)
WEB = Target("prod", "web")
EVENT = PullChanged(SHOP, 5)


def plan(head: str, note: str = "") -> Plan:
    finding = Finding(Level.WARN, "mutable-tag", Redacted.stored("image latest"))
    row = TargetPlan(WEB, TargetState.CHANGES, findings=(finding,))
    return Plan(head, "base", "digest", (row,), note=Redacted.stored(note) if note else None)


def deployment(commit: str = "c1", target: Target = WEB, attempt: int = 1) -> Deployment:
    return Deployment(0, SHOP.key, target, commit, attempt, 0, DeploymentState.WAITING, pulls=(5, 6))


# Deliveries


def test_a_delivery_is_taken_once_while_it_is_queued_or_done(ledger: SqlLedger) -> None:
    with ledger.begin() as tx:
        job = tx.deliveries.accept("guid-1", EVENT)
        assert job == Job("ingest", "ingest", "guid-1:1")
        assert tx.deliveries.event(job.key) == EVENT
    with ledger.begin() as tx:
        assert tx.deliveries.accept("guid-1", EVENT) is None
        tx.deliveries.finish(job.key, ok=True)
        assert tx.deliveries.accept("guid-1", EVENT) is None


def test_a_delivery_is_taken_again_after_a_failure_as_another_attempt(ledger: SqlLedger) -> None:
    with ledger.begin() as tx:
        first = tx.deliveries.accept("guid-1", EVENT)
        assert first is not None
        tx.deliveries.finish(first.key, ok=False)
        second = tx.deliveries.accept("guid-1", EVENT)
        assert second == Job("ingest", "ingest", "guid-1:2")
        tx.deliveries.finish(first.key, ok=False)
        assert tx.deliveries.accept("guid-1", EVENT) is None, "the first attempt no longer counts"


def test_a_delivery_that_meant_nothing_is_taken_when_it_means_something_now(ledger: SqlLedger) -> None:
    with ledger.begin() as tx:
        assert tx.deliveries.accept("guid-1", None) is None
        assert tx.deliveries.accept("guid-1", None) is None
        assert tx.deliveries.accept("guid-1", EVENT) == Job("ingest", "ingest", "guid-1:2")


# Repositories


def test_a_repository_keeps_its_tip_when_its_path_changes(ledger: SqlLedger) -> None:
    with ledger.begin() as tx:
        tx.repositories.see(SHOP)
        assert tx.repositories.move(SHOP.key, "main", "abc", before="")
        tx.repositories.see(replace(SHOP, path="acme/store"))
        assert tx.repositories.get(SHOP.key) == KnownRepository(replace(SHOP, path="acme/store"), "main", "abc")
        assert [known.repository.id for known in tx.repositories.all()] == [12]
        assert tx.repositories.get("github:13") is None


def test_a_granted_path_stays_with_the_id_first_seen(ledger: SqlLedger) -> None:
    with ledger.begin() as tx:
        assert tx.repositories.pin(SHOP.address, 12)
        assert tx.repositories.pin(SHOP.address, 12)
        assert not tx.repositories.pin(SHOP.address, 13)


# Plans


def test_a_pull_shows_its_newest_plan_and_keeps_the_older_ones_by_head(ledger: SqlLedger) -> None:
    row = PullRow(5, "h1", "base", "planned", plan("h1"), author="a \x00 name \ud800", changed=1.5)
    with ledger.begin() as tx:
        tx.plans.put(SHOP.key, row)
        assert tx.plans.get(SHOP.key, 5) == row
        waiting = replace(row, head="h2", status="planning")
        tx.plans.put(SHOP.key, waiting)
        assert tx.plans.get(SHOP.key, 5) == waiting
        assert tx.plans.unfinished() == [(SHOP.key, 5)]
        tx.plans.put(SHOP.key, replace(row, head="h2", plan=plan("h2")))
        assert tx.plans.at(SHOP.key, 5, "h1") == plan("h1")
        assert tx.plans.at(SHOP.key, 5, "h2") == plan("h2")
        assert tx.plans.at(SHOP.key, 6, "h2") is None
        assert tx.plans.unfinished() == []
        assert tx.plans.get(SHOP.key, 6) is None


def test_the_plan_of_a_commit_is_kept_apart_from_pulls(ledger: SqlLedger) -> None:
    with ledger.begin() as tx:
        tx.plans.keep_commit(SHOP.key, "c1", plan("c1", note="pushed"))
        assert tx.plans.of_commit(SHOP.key, "c1") == plan("c1", note="pushed")
        assert tx.plans.of_commit("github:13", "c1") is None


# Deployments


def test_deployments_are_numbered_per_target_and_written_once(ledger: SqlLedger) -> None:
    with ledger.begin() as tx:
        one = tx.deployments.add(deployment("c1"))
        two = tx.deployments.add(deployment("c2"))
        other = tx.deployments.add(deployment("c1", Target("staging", "web")))
        assert one
        assert two
        assert other
        assert (one.seq, two.seq, other.seq) == (1, 2, 1)
        assert tx.deployments.add(deployment("c1")) is None
        assert tx.deployments.add(deployment("c1", attempt=2))
        assert [row.seq for row in tx.deployments.of_target(SHOP.key, WEB)] == [1, 2, 3]
        assert [row.id for row in tx.deployments.of_commit(SHOP.key, "c2")] == [two.id]
        assert tx.deployments.targets(SHOP.key) == [WEB, Target("staging", "web")]
        assert tx.deployments.get(one.id) == one
        assert tx.deployments.get(one.id + 1000) is None


def test_a_deployment_moves_only_as_the_transition_table_allows(ledger: SqlLedger) -> None:
    with ledger.begin() as tx:
        row = tx.deployments.add(deployment())
        assert row
        confirming = replace(row, state=DeploymentState.CONFIRMING, conditions=(Condition(Wait.ORDER, "staging"),))
        tx.deployments.save(confirming)
        assert tx.deployments.get(row.id) == confirming
        with pytest.raises(ValueError, match="cannot become healthy"):
            tx.deployments.save(replace(row, state=DeploymentState.HEALTHY))
        tx.deployments.save(replace(row, state=DeploymentState.FAILED, reason="no"))
        with pytest.raises(ValueError, match="is failed and cannot become failed"):
            tx.deployments.save(replace(row, state=DeploymentState.FAILED))
        assert tx.deployments.unfinished() == []
        with pytest.raises(ValueError, match="no deployment"):
            tx.deployments.save(replace(row, id=row.id + 1000))


def test_a_deployment_is_found_by_the_pulls_it_contains_now(ledger: SqlLedger) -> None:
    with ledger.begin() as tx:
        row = tx.deployments.add(deployment())
        assert row
        assert [found.id for found in tx.deployments.of_pull(SHOP.key, 6)] == [row.id]
        tx.deployments.save(replace(row, pulls=(5, 7)))
        assert tx.deployments.of_pull(SHOP.key, 6) == []
        assert [found.id for found in tx.deployments.of_pull(SHOP.key, 7)] == [row.id]
        assert tx.deployments.of_pull("github:13", 7) == []


def test_writers_at_the_same_moment_number_a_target_without_gaps(ledger: SqlLedger) -> None:
    def add(commit: str) -> None:
        with ledger.begin() as tx:
            tx.deployments.add(deployment(commit))

    threads = [threading.Thread(target=add, args=(f"c{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ledger.begin() as tx:
        assert [row.seq for row in tx.deployments.of_target(SHOP.key, WEB)] == list(range(1, 9))


# Inventory and slots


def test_inventory_rows_are_replaced_by_object_key(ledger: SqlLedger) -> None:
    config = InventoryRow(ObjectKey("", "ConfigMap", "shop", "settings"), "v1", "uid-1", "c1", "abcd")
    web = InventoryRow(ObjectKey("apps", "Deployment", "shop", "web"), "apps/v1", "uid-2", "c1", "ef01")
    with ledger.begin() as tx:
        tx.inventory.put(SHOP.key, WEB, [config, web])
        tx.inventory.put(SHOP.key, WEB, [replace(config, commit="c2", left=True)])
        assert tx.inventory.of(SHOP.key, WEB) == [replace(config, commit="c2", left=True), web]
        assert tx.inventory.of(SHOP.key, Target("staging", "web")) == []


def test_inventory_rows_are_dropped_by_object_key_and_found_in_other_targets(ledger: SqlLedger) -> None:
    keys = [ObjectKey("", "ConfigMap", "shop", f"settings-{number}") for number in range(450)]
    rows = [InventoryRow(key, "v1", "uid-1", "c1", "abcd") for key in keys]
    other = Target("prod", "other")
    with ledger.begin() as tx:
        tx.inventory.put(SHOP.key, WEB, rows[:1])
        tx.inventory.put(SHOP.key, other, rows)
        assert tx.inventory.elsewhere(SHOP.key, WEB, keys) == {row.object: (other, row) for row in rows}
        assert tx.inventory.elsewhere(SHOP.key, other, keys) == {keys[0]: (WEB, rows[0])}
        tx.inventory.drop(SHOP.key, other, [*keys[1:], ObjectKey("", "Secret", "shop", "unknown")])
        assert tx.inventory.of(SHOP.key, other) == rows[:1]


def test_slots_are_rewritten_listed_and_dropped(ledger: SqlLedger) -> None:
    with ledger.begin() as tx:
        tx.slots.put("github:12#5", "plan", Said(1, "a"))
        tx.slots.put("github:12#5", "plan", Said(1, "b"))
        tx.slots.put("github:12#5", "check plumbline/plan", Said(2, "c"))
        assert tx.slots.get("github:12#5", "plan") == Said(1, "b")
        assert tx.slots.under("github:12#5") == ["check plumbline/plan", "plan"]
        tx.slots.drop("github:12#5", "plan")
        assert tx.slots.get("github:12#5", "plan") is None


# Transactions


def test_a_transaction_that_fails_leaves_neither_row_nor_job(ledger: SqlLedger) -> None:
    class Oops(Exception):
        pass

    def fail() -> None:
        with ledger.begin() as tx:
            tx.repositories.see(SHOP)
            tx.jobs.put(plan_job(SHOP.key, 5))
            raise Oops

    with pytest.raises(Oops):
        fail()
    with ledger.begin() as tx:
        assert tx.repositories.get(SHOP.key) is None
        assert not tx.jobs.due(plan_job(SHOP.key, 5))
        runs = "workflow_status" if ledger.database.is_sqlite else "dbos.workflow_status"
        assert tx.connection.execute(sa.text(f"SELECT count(*) FROM {runs}")).scalar() == 0


def test_a_transaction_inside_another_one_is_refused_at_once(ledger: SqlLedger) -> None:
    with ledger.begin(), pytest.raises(RuntimeError, match="open in this thread"), ledger.begin():
        pass
    with ledger.begin():
        pass


def test_a_database_that_is_away_means_try_later_and_tells_no_password() -> None:
    with pytest.raises(TryLater) as caught:
        open_ledger("postgresql://bot:hunter2@127.0.0.1:1/plumbline")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://"])
def test_an_unusable_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///"):
        open_ledger(url)


# Tables


def test_the_migrations_make_exactly_the_tables_that_the_code_knows(empty_database_url: str) -> None:
    ledger = open_ledger(empty_database_url)

    def ours(_object: object, name: str | None, kind: str, _reflected: bool, _to: object) -> bool:
        return kind != "table" or (name or "").startswith(PREFIX)

    with ledger.database.begin() as connection:
        options = {"version_table": VERSION_TABLE, "include_object": ours, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    ledger.close()


def test_a_ledger_is_ready_only_with_the_newest_migration(ledger: SqlLedger) -> None:
    assert ledger.ready()
    with ledger.database.begin() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '0000'"))
    assert not ledger.ready()


def test_processes_that_start_at_the_same_moment_migrate_once(empty_database_url: str) -> None:
    program = "import sys; from bot.ledger.ledger import open_ledger; sys.exit(not open_ledger(sys.argv[1]).ready())"
    started = [subprocess.Popen([sys.executable, "-c", program, empty_database_url]) for _ in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]


def test_a_sqlite_file_is_durable_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "plumbline.db"
    ledger = open_ledger(f"sqlite:///{file}")
    with ledger.database.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    ledger.close()
