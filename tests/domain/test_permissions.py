"""Who may do what."""

import pytest

from bot.domain.commands import Need
from bot.domain.config import Deployers, Environment
from bot.domain.permissions import Person, heard, may, may_deploy, teams_asked
from bot.domain.pulls import Role


def environment(deployers: Deployers) -> Environment:
    return Environment("prod", "prod", deployers=deployers)


@pytest.mark.parametrize("role", Role)
def test_what_a_role_alone_allows(role: Role) -> None:
    person = Person("ana", role)
    allowed = {need for need in Need if may(need, person, [environment(Deployers())])}
    expected = {
        Role.NONE: set(),
        Role.READ: {Need.READ},
        Role.TRIAGE: {Need.READ},
        Role.WRITE: {Need.READ, Need.WRITE},
        Role.MAINTAIN: set(Need),
        Role.ADMIN: set(Need),
    }
    assert allowed == expected[role]
    assert heard(person) is (role is not Role.NONE)


@pytest.mark.parametrize(
    ("person", "deployers", "allowed"),
    [
        (Person("Ana", Role.READ), Deployers(None, users=("ana",)), True),
        (Person("ana", Role.NONE), Deployers(None, users=("ana",)), False),
        (Person("ben", Role.READ, frozenset({"Acme/SRE"})), Deployers(None, teams=("acme/sre",)), True),
        (Person("ben", Role.READ, frozenset({"acme/web"})), Deployers(None, teams=("acme/sre",)), False),
        (Person("ben", Role.ADMIN), Deployers(None, users=("ana",)), False),
        (Person("ben", Role.WRITE), Deployers(Role.WRITE, users=("ana",)), True),
    ],
)
def test_any_one_rule_makes_a_deployer(person: Person, deployers: Deployers, allowed: bool) -> None:
    assert may_deploy(person, deployers) is allowed


def test_a_command_on_several_environments_needs_the_right_in_each() -> None:
    ana = Person("ana", Role.WRITE)
    mine, theirs = environment(Deployers(None, users=("ana",))), environment(Deployers(Role.ADMIN))
    assert may(Need.DEPLOYERS, ana, [mine])
    assert not may(Need.DEPLOYERS, ana, [mine, theirs])


def test_a_command_about_no_environment_is_for_no_deployer() -> None:
    assert not may(Need.DEPLOYERS, Person("ana", Role.ADMIN), [])


def test_each_team_is_asked_about_once() -> None:
    both = [environment(Deployers(teams=("acme/sre", "acme/ops"))), environment(Deployers(teams=("acme/sre",)))]
    assert teams_asked(both) == ("acme/ops", "acme/sre")
