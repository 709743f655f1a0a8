"""Which head `ok-to-plan` lets be rendered: the one that its writer has looked at, and no other."""

from dataclasses import dataclass, replace
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.domain.commands import Command
from bot.domain.errors import UserMistake
from bot.domain.events import CommentWritten
from bot.domain.permissions import Person
from bot.domain.pulls import Comment, Pull, Repository, Role
from bot.domain.subjects import plan_job, pull_key
from bot.ledger.ledger import SqlLedger, open_ledger
from bot.ports.ledger import PullRow, Said
from handlers.asking import Asked
from handlers.commands import NOTHING
from handlers.fork import allow

SHOP = Repository("github", 12, "acme/shop", 5)
HEAD, NEWER = "a" * 40, "b" * 40
PULL = Pull(3, "rita", HEAD, 99, "main", open=True, merged=False, merge_commit=None)
OURS, THEIRS = 70, 71
POSITIONS = count()


@dataclass
class Forge:
    """The forge as it answers now: a pull, our comment and theirs."""

    pull: Pull
    ours_changed: float
    theirs_written: float = 100.0

    def asked(self, ledger: SqlLedger, role: Role = Role.WRITE) -> Asked:
        """The command as its reaction gets it."""
        changed = {OURS: self.ours_changed, THEIRS: self.theirs_written}
        comments = {
            each: Comment(each, "x", "", False, each == OURS, written=at, changed=at) for each, at in changed.items()
        }
        forge: Any = SimpleNamespace(
            pulls=SimpleNamespace(get=lambda number: self.pull),
            comments=SimpleNamespace(get=comments.get),
            permissions=SimpleNamespace(in_team=lambda login, team: False),
        )
        ports: Any = SimpleNamespace(ledger=ledger)
        event = CommentWritten(SHOP, 3, THEIRS)
        return Asked(event, f"command-71-{next(POSITIONS)}", Person("bob", role), NOTHING, ports, cast(Any, forge))


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Any:
    found = open_ledger(f"sqlite:///{tmp_path_factory.mktemp('fork')}/plumbline.db")
    yield found
    found.close()


@pytest.fixture
def ledger(opened: SqlLedger) -> SqlLedger:
    """A pull that waits for the word, whose comment names its head."""
    with opened.begin() as tx:
        tx.repositories.see(SHOP)
        tx.plans.put(SHOP.key, PullRow(3, HEAD, "c" * 40, "fork"))
        tx.slots.put(pull_key(SHOP.key, 3), "plan:1", Said(OURS, "x"))
    return opened


def allowed(ledger: SqlLedger) -> str:
    with ledger.begin() as tx:
        row = tx.plans.get(SHOP.key, 3)
    assert row is not None
    return row.allowed


def test_the_word_counts_for_the_head_that_the_comment_named(ledger: SqlLedger) -> None:
    allow(Command("ok-to-plan"), Forge(PULL, ours_changed=90.0).asked(ledger))
    assert allowed(ledger) == HEAD
    with ledger.begin() as tx:
        assert tx.jobs.due(plan_job(SHOP.key, 3))


@pytest.mark.parametrize(
    "forge",
    [
        Forge(replace(PULL, head=NEWER), 90.0),
        Forge(PULL, 110.0),
        Forge(PULL, 100.0),
        Forge(replace(PULL, head_repository=SHOP.id), 90.0),
        Forge(replace(PULL, open=False), 90.0),
    ],
    ids=["pushed since", "said later", "said in the same second", "not from a fork", "closed"],
)
def test_the_word_counts_for_nothing_else(ledger: SqlLedger, forge: Forge) -> None:
    with pytest.raises(UserMistake):
        allow(Command("ok-to-plan"), forge.asked(ledger))
    assert allowed(ledger) == ""


def test_who_may_only_read_gives_no_such_word(ledger: SqlLedger) -> None:
    with pytest.raises(UserMistake, match="ok-to-plan is for write"):
        allow(Command("ok-to-plan"), Forge(PULL, 90.0).asked(ledger, Role.TRIAGE))
    assert allowed(ledger) == ""
