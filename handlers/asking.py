"""What every command's reaction is given, and how it finds out whether the person who asks may."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.domain.commands import TABLE, Command
from bot.domain.config import Config, Environment
from bot.domain.deployments import Deployment
from bot.domain.errors import UserMistake
from bot.domain.events import CommentWritten
from bot.domain.permissions import Person, may, teams_asked
from bot.domain.pulls import Repository
from bot.domain.subjects import Target, pull_key
from bot.planning.configs import config_at
from bot.ports.forge import Forge
from bot.ports.ledger import Said, Transaction
from bot.ports.world import Ports


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for: where, by whom, and the rules at the tip. `slot` names the command for good.

    `forge` stays open while the comment's commands are carried out.
    """

    event: CommentWritten
    slot: str
    person: Person
    config: Config
    ports: Ports
    forge: Forge

    @property
    def repository(self) -> str:
        """The repository's key."""
        return self.event.repository.key

    @property
    def where(self) -> Repository:
        """The repository."""
        return self.event.repository

    @property
    def number(self) -> int:
        """The pull or issue that the comment stands on."""
        return self.event.number

    def first_time(self, tx: Transaction) -> bool:
        """Whether the command is yet to be carried out; noted in the transaction that carries it out."""
        subject = pull_key(self.repository, self.number)
        if tx.slots.get(subject, self.slot) is not None:
            return False
        tx.slots.put(subject, self.slot, Said(0, ""))
        return True


def allowed(command: Command, asked: Asked, environments: Sequence[Environment] = ()) -> None:
    """Raises UserMistake unless the person may use the command on all of these environments."""
    row = TABLE[command.name]
    if not may(row.needs, in_teams(asked, environments), environments):
        raise UserMistake(f"{command.name} is for {row.needs}", f"you have {asked.person.role} here")


def in_teams(asked: Asked, environments: Iterable[Environment]) -> Person:
    """The person with those of the environments' teams that they are in, asked of the forge now."""
    teams = teams_asked(environments)
    member = asked.forge.permissions.in_team
    return replace(asked.person, teams=frozenset(team for team in teams if member(asked.person.login, team)))


def newest_here(asked: Asked) -> list[Deployment]:
    """The newest deployment of each target that the pull changed, by target."""
    with asked.ports.ledger.begin() as tx:
        rows = tx.deployments.of_pull(asked.repository, asked.number)
    newest: dict[Target, Deployment] = {}
    for row in rows:
        newest[row.target] = max(newest.get(row.target, row), row, key=lambda each: each.seq)
    return sorted(newest.values(), key=lambda row: row.target)


def ruling(asked: Asked, row: Deployment) -> list[Environment]:
    """A row's environment under every rule that judges it: what a pull says about deployers helps no deployment of its
    own."""
    judges = [asked.config]
    for commit in row.ruled_by or (row.commit,):
        config = config_at(asked.ports.workspace, asked.where, commit)
        judges += [config] if config else []
    found = []
    for judge in judges:
        if row.target in judge.targets():
            found.append(judge.environment(row.target))
        elif row.target.environment in judge.environments:
            found.append(judge.environments[row.target.environment])
    return found
