"""Reviews, whose hands a pull went through, and issues of our own: GitHub's adapter and the ledger's rows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.approvals import Approval
from bot.domain.pulls import Repository
from bot.domain.stops import Hold, Lock
from bot.forges.github.app import App
from bot.forges.github.github import GitHub
from bot.ledger.ledger import open_ledger
from bot.ports.issues import Issue
from bot.ports.reviews import Verdict, standing
from fixtures.forge.refusals import Refusal
from fixtures.forge.stage import Stage

pytest_plugins = ["fixtures.forge.pytest_forge"]
NEEDS = ("pull_requests:read", "contents:read", "issues:write")


@pytest.fixture
def hub(stage: Stage) -> Iterator[GitHub]:
    """The adapter as wiring makes it."""
    github = GitHub(App(stage.forge.app.id, stage.forge.app.private_key, stage.forge.url))
    yield github
    github.close()


@pytest.fixture
def shop(stage: Stage) -> Repository:
    """acme/shop as a webhook would name it."""
    found = stage.forge.repository("acme/shop")
    return Repository("github", found.id, found.full_name, stage.installation.id)


def test_reviews_are_read_with_their_commit_and_a_dismissed_one_counts_no_more(
    stage: Stage, hub: GitHub, shop: Repository
) -> None:
    number = stage.open_pull()
    head, author = stage.forge.pull(number).head_sha, stage.forge.issue(number).author
    other = "ana" if author != "ana" else "bob"
    with pytest.raises(Refusal, match="your own pull request"):
        stage.forge.review(number, by=author)
    stage.forge.review(number, by=other, state="COMMENTED")
    given = stage.forge.review(number, by=other)
    with hub.open(shop, *NEEDS) as forge:
        assert [(each.verdict, each.commit) for each in forge.reviews.of(number)] == [
            (Verdict.COMMENT, head),
            (Verdict.APPROVED, head),
        ]
        assert standing(forge.reviews.of(number))[other].id == given
        stage.forge.dismiss_review(given, by="ana")
        assert standing(forge.reviews.of(number))[other].verdict is Verdict.DISMISSED
        assert forge.reviews.of(999) == ()
    assert stage.forge.violations == []


def test_who_pushed_is_told_whatever_the_commit_says(stage: Stage, hub: GitHub, shop: Repository) -> None:
    number = stage.open_pull()
    pull = stage.forge.pull(number)
    with hub.open(shop, *NEEDS) as forge:
        found = forge.pulls.get(number)
        assert found is not None
        before = forge.reviews.hands(found)
        assert stage.forge.issue(number).author in before
        pusher = "ana" if "ana" not in before else "bob"
        stage.forge.push_branch(pull.head_branch, {"more.txt": "1\n"}, by=pusher)
        found = forge.pulls.get(number)
        assert found is not None
        assert forge.reviews.hands(found) == before | {pusher}
        base = stage.forge.tip("main")
        tip = stage.forge.push_branch("main", {"direct.txt": "1\n"}, by=pusher)
        assert pusher in forge.reviews.hands_of(base, tip, "main")
        assert forge.reviews.hands_of("", tip, "main") == {pusher}
    assert stage.forge.violations == []


def test_an_issue_of_ours_is_opened_found_rewritten_and_closed(stage: Stage, hub: GitHub, shop: Repository) -> None:
    with hub.open(shop, *NEEDS) as forge:
        number = forge.issues.create("it waits", "who may help")
        assert forge.issues.ours() == [Issue(number, "who may help")]
        assert forge.issues.edit(number, "done", open=False)
        assert forge.issues.ours() == []
        assert not forge.issues.edit(999, "nothing", open=True)
    issue = stage.forge.issue(number)
    assert (issue.body, issue.state) == ("done", "closed")
    assert stage.forge.violations == []


def test_approvals_holds_and_locks_are_kept_apart_by_repository_and_subject(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path}/plumbline.db")
    said = Approval(7, "h1", "main", "prod", "ana", False, 11, ("prod/web: privileged",), 5.0)
    reviewed = Approval(7, "h1", "main", "prod", "bob", True, 11, (), 6.0)
    with ledger.begin() as tx:
        for each in (said, said, reviewed):
            tx.approvals.put("github:1", each)
        tx.holds.put("github:1", Hold(7, "ana"))
        tx.locks.put("github:1", Lock("prod", "ana", "a fair", 1.0, 2.0))
    with ledger.begin() as tx:
        assert list(tx.approvals.of("github:1", 7)) == [said, reviewed]
        assert list(tx.approvals.of("github:2", 7)) == []
        tx.approvals.drop_reviews("github:1", 7)
        assert list(tx.approvals.of("github:1", 7)) == [said]
        assert list(tx.holds.of("github:1")) == [Hold(7, "ana")]
        assert list(tx.locks.of("github:1")) == [Lock("prod", "ana", "a fair", 1.0, 2.0)]
        tx.holds.drop("github:1", 7)
        tx.locks.drop("github:1", "prod")
        assert not [*tx.holds.of("github:1"), *tx.locks.of("github:1")]
    ledger.close()


def test_a_tip_is_moved_only_from_where_it_was_read(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path}/plumbline.db")
    shop = Repository("github", 1, "acme/shop", 2)
    with ledger.begin() as tx:
        tx.repositories.see(shop)
        assert tx.repositories.move(shop.key, "main", "a", before="")
        assert not tx.repositories.move(shop.key, "main", "b", before="")
        known = tx.repositories.get(shop.key)
    assert known is not None
    assert known.tip == "a"
    ledger.close()
