"""Old rows on every database: what hangs on a forgotten deployment goes with it, what is asked for stays."""

from dataclasses import replace

import sqlalchemy as sa

from bot.domain.approvals import Approval
from bot.domain.audit import Entry
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.plans import Plan
from bot.domain.pulls import Repository
from bot.domain.retention import NEWEST
from bot.domain.stops import Hold, Lock
from bot.domain.subjects import Target, commit_key, pull_key
from bot.ledger.ledger import SqlLedger
from bot.ledger.tables import deployment_pulls
from bot.ports.answers import Answer
from bot.ports.audit import Wanted
from bot.ports.candidates import CandidateRow
from bot.ports.ledger import ISSUE, PullRow, Said

SHOP = Repository("github", 12, "acme/shop", 99)
WEB = Target("prod", "web")
S = DeploymentState
MANY = NEWEST + 3


def deployed(ledger: SqlLedger, number: int) -> None:
    """Pull and commit of the same number: planned, merged, healthy, and said."""
    commit = f"c{number}"
    with ledger.begin() as tx:
        row = tx.deployments.add(Deployment(0, SHOP.key, WEB, commit, 1, 0, S.WAITING, pulls=(number,), changed=1.0))
        assert row is not None
        for state in (S.CONFIRMING, S.APPLYING, S.SETTLING, S.HEALTHY):
            row = replace(row, state=state)
            tx.deployments.save(row)
        plan = Plan(f"h{number}", "b", "d", ())
        tx.plans.put(SHOP.key, PullRow(number, f"h{number}", "b", "planned", plan, closed=True, changed=1.0))
        tx.plans.keep_commit(SHOP.key, commit, replace(plan, head=commit))
        tx.candidates.put(SHOP.key, CandidateRow(f"q{number}", "b", "main", number, "merged"))
        tx.approvals.put(SHOP.key, Approval(number, f"h{number}", "main", "prod", "ana", False, number, (), 1.0))
        tx.slots.put(pull_key(SHOP.key, number), "plan:1", Said(number, "x"))
        tx.answers.keep(pull_key(SHOP.key, number), "command-1-0", Answer("x"))
        tx.slots.put(commit_key(SHOP.key, commit), "deployment:prod", Said(number, "x"))
        tx.holds.put(SHOP.key, Hold(number, "ana"))
        issue = 1000 + number
        tx.slots.put(commit_key(SHOP.key, commit), ISSUE, Said(issue, "x"))
        tx.slots.put(pull_key(SHOP.key, issue), ISSUE, Said(0, commit))
        tx.approvals.put(SHOP.key, Approval(issue, commit, "main", "prod", "ana", False, issue, (), 1.0))
        tx.audit.add(Entry(1.0, SHOP.key, "prod/web", "plumbline", "healthy", commit))


def test_what_is_old_goes_with_all_that_hangs_on_it(ledger: SqlLedger) -> None:
    with ledger.begin() as tx:
        tx.repositories.see(SHOP)
        tx.plans.put(SHOP.key, PullRow(900, "h", "b", "planned", Plan("h", "b", "d", ()), changed=1.0))
        tx.slots.put(SHOP.key, "lock", Said(0, "x"))
        for place, until in (("prod", 0.0), ("staging/old", 400.0), ("staging/new", 600.0)):
            tx.locks.put(SHOP.key, Lock(place, "ana", at=1.0, until=until))
    for number in range(1, MANY + 1):
        deployed(ledger, number)
    with ledger.begin() as tx:
        assert tx.retention.forget(SHOP.key, 0.5) == 0, "nothing is old yet"
        assert tx.retention.forget("github:13", 500.0) == 0, "another repository"
    with ledger.begin() as tx:
        assert tx.retention.forget(SHOP.key, 500.0) == 6, "three deployments, three pulls"
    with ledger.begin() as tx:
        assert [row.commit for row in tx.deployments.of_target(SHOP.key, WEB)] == [f"c{n}" for n in range(4, MANY + 1)]
        for number, there in ((3, False), (4, True), (900, True)):
            assert (tx.plans.get(SHOP.key, number) is not None) is there, number
        for number, there in ((3, False), (4, True)):
            assert (tx.plans.at(SHOP.key, number, f"h{number}") is not None) is there
            assert (tx.plans.of_commit(SHOP.key, f"c{number}") is not None) is there
            assert bool(tx.slots.under(pull_key(SHOP.key, number))) is there
            assert bool(tx.answers.get(pull_key(SHOP.key, number), "command-1-0")) is there
            assert (tx.candidates.get(SHOP.key, f"q{number}") is not None) is there
            assert bool(tx.approvals.of(SHOP.key, number)) is there
            assert bool(tx.slots.under(commit_key(SHOP.key, f"c{number}"))) is there
            assert bool(tx.slots.under(pull_key(SHOP.key, 1000 + number))) is there
            assert bool(tx.approvals.of(SHOP.key, 1000 + number)) is there
            assert (Hold(number, "ana") in tx.holds.of(SHOP.key)) is there
        assert [each.place for each in tx.locks.of(SHOP.key)] == ["prod", "staging/new"]
        assert tx.slots.under(SHOP.key) == ["lock"]
        assert len(tx.audit.page(0, Wanted(), 500)) == MANY, "the audit is kept"
        left = tx.connection.execute(sa.select(sa.func.count()).select_from(deployment_pulls)).scalar_one()
        assert left == NEWEST
        assert tx.retention.forget(SHOP.key, 500.0) == 0


def test_a_commit_that_the_branch_stands_on_keeps_its_plan(ledger: SqlLedger) -> None:
    with ledger.begin() as tx:
        tx.repositories.see(SHOP)
        tx.repositories.move(SHOP.key, "main", "c1", before="")
    for number in range(1, MANY + 1):
        deployed(ledger, number)
    with ledger.begin() as tx:
        tx.retention.forget(SHOP.key, 500.0)
        assert tx.plans.of_commit(SHOP.key, "c1") is not None
        assert tx.plans.of_commit(SHOP.key, "c2") is None
