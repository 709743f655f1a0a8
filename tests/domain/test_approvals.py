"""Whose yes counts, for what, and how long."""

from bot.domain.approvals import Approval, accepted, counted
from bot.domain.config import Deployers, Environment
from bot.domain.permissions import Person, who_may_deploy
from bot.domain.pulls import Role
from bot.domain.stops import Lock, locks_on
from bot.domain.subjects import Target
from bot.ports.reviews import Review, Verdict, standing

PROD = Environment("prod", "prod", deployers=Deployers(Role.MAINTAIN, ("acme/sre",), ("ana",)))
PEOPLE = {
    "ana": Person("ana", Role.WRITE),
    "bob": Person("bob", Role.WRITE),
    "Max": Person("Max", Role.ADMIN),
    "sue": Person("sue", Role.READ, frozenset({"acme/sre"})),
}


def yes(login: str, environment: str = "prod", head: str = "h1", base: str = "main") -> Approval:
    return Approval(7, head, base, environment, login, False, 1, ("prod/web: privileged",))


def test_only_deployers_of_that_environment_count_and_nobody_who_had_a_hand_in_it() -> None:
    said = [yes("ana"), yes("bob"), yes("Max"), yes("sue"), yes("gone"), yes("ana", "staging")]
    assert counted(said, PROD, PEOPLE, ()) == ("Max", "ana", "sue")
    assert counted(said, PROD, PEOPLE, ("ANA", "max")) == ("sue",)
    assert counted([yes("ana", "staging")], PROD, PEOPLE, ()) == ()


def test_a_push_or_a_retarget_voids_it_and_what_it_accepted() -> None:
    assert yes("ana").binds("h1", "main")
    assert not yes("ana").binds("h2", "main")
    assert not yes("ana").binds("h1", "release")
    assert accepted([yes("ana")], "h1", "main") == {"prod/web: privileged"}
    assert accepted([yes("ana")], "h2", "main") == frozenset()


def test_of_a_persons_reviews_the_newest_that_decides_counts() -> None:
    said = [
        Review(1, "ana", Verdict.APPROVED, "h1"),
        Review(2, "ana", Verdict.COMMENT, "h1"),
        Review(3, "bob", Verdict.APPROVED, "h1"),
        Review(4, "bob", Verdict.CHANGES_REQUESTED, "h1"),
        Review(5, "max", Verdict.APPROVED, "h1"),
        Review(6, "max", Verdict.DISMISSED, "h1"),
    ]
    assert {login: each.id for login, each in standing(said).items()} == {"ana": 1, "bob": 4, "max": 6}


def test_a_lock_stops_its_place_until_its_time_is_over() -> None:
    web, api = Target("prod", "web"), Target("prod", "api")
    whole, one = Lock("prod", "ana", until=100.0, at=2.0), Lock("prod/web", "bob", at=1.0)
    assert locks_on([whole, one], web, 99.0) == (one, whole)
    assert locks_on([whole, one], api, 99.0) == (whole,)
    assert locks_on([whole, one], api, 100.0) == ()
    assert locks_on([whole, one], Target("staging", "web"), 1.0) == ()


def test_deployers_are_told_in_words() -> None:
    assert who_may_deploy(PROD.deployers) == "whoever has maintain or more, the team acme/sre or ana"
    assert who_may_deploy(Deployers()) == "whoever has maintain or more"
    assert who_may_deploy(Deployers(None)) == "nobody"
