"""Who may do what: pure answers to facts that the forge gave a moment ago. Whatever is not known is a no."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.commands import Need
from bot.domain.config import Deployers, Environment
from bot.domain.pulls import Role


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as the forge knows them now. `teams` are those of the teams asked about (`teams_asked`) they are in."""

    login: str
    role: Role
    teams: frozenset[str] = frozenset()


def heard(person: Person) -> bool:
    """Whether the bot answers them at all. Who has no role beyond the public's gets no reaction, reply or job."""
    return person.role is not Role.NONE


def teams_asked(environments: Iterable[Environment]) -> tuple[str, ...]:
    """The teams whose members may deploy to any of these, sorted: what to ask the forge about a person."""
    return tuple(sorted({team for environment in environments for team in environment.deployers.teams}))


def may_deploy(person: Person, deployers: Deployers) -> bool:
    """Whether a person is a deployer: by role, team or name, any one suffices. Logins have no case on a forge."""
    if not heard(person):
        return False
    if deployers.permission is not None and person.role.at_least(deployers.permission):
        return True
    if person.login.lower() in {user.lower() for user in deployers.users}:
        return True
    return bool({team.lower() for team in deployers.teams} & {team.lower() for team in person.teams})


def who_may_deploy(deployers: Deployers) -> str:
    """The deployers in words: `maintainers, the team acme/sre or ana`."""
    role = f"whoever has {deployers.permission} or more" if deployers.permission is not None else ""
    named = [*filter(None, (role,)), *(f"the team {team}" for team in deployers.teams), *deployers.users]
    return f"{', '.join(named[:-1])} or {named[-1]}" if len(named) > 1 else named[0] if named else "nobody"


def may(need: Need, person: Person, environments: Iterable[Environment]) -> bool:
    """Whether a person may use a command that needs this, on all of the environments it is about.

    A command for deployers that is about no environment at all is for nobody.
    """
    match need:
        case Need.READ:
            return heard(person)
        case Need.WRITE:
            return person.role.at_least(Role.WRITE)
        case Need.DEPLOYERS:
            rules = [environment.deployers for environment in environments]
            return bool(rules) and all(may_deploy(person, deployers) for deployers in rules)
