"""What every command's reaction is given, and how it finds out whether the person who asks may."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.delivery.judging import environment_by, rulings
from bot.delivery.keeping import pulls_of
from bot.domain.audit import Entry
from bot.domain.commands import TABLE, Command
from bot.domain.config import Config, Environment
from bot.domain.deployments import Deployment
from bot.domain.errors import UserMistake
from bot.domain.events import CommentWritten
from bot.domain.permissions import Person, may, teams_asked
from bot.domain.pulls import Repository
from bot.domain.subjects import Target, look_job, pull_key, say_commit_job, say_pull_job
from bot.ports.answers import Answer
from bot.ports.forge import Forge
from bot.ports.ledger import ISSUE, Said, Transaction
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

    @property
    def subject(self) -> str:
        """What everything about the command is kept under."""
        return pull_key(self.repository, self.number)

    def first_time(self, tx: Transaction, text: str = "") -> bool:
        """Whether the command, or the part of it that has a slot of its own, is yet to be carried out. Asked in the
        transaction that carries it out, which keeps what is to be replied."""
        return tx.answers.keep(self.subject, self.slot, Answer(text))

    def once(self, what: str, found: str) -> str:
        """What the first run of the command found, up to 200 characters: a later one builds on the same."""
        slot = f"{self.slot}-{what}"
        with self.ports.ledger.begin() as tx:
            said = tx.slots.get(self.subject, slot)
            if said is None:
                tx.slots.put(self.subject, slot, Said(0, found))
        return said.digest if said is not None else found


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
    """The newest deployment of each target that the pull changed, by target; on an issue of ours, of the commit that it
    is about. A rollback of one of these is among them."""
    with asked.ports.ledger.begin() as tx:
        commit = commit_of(tx, asked)
        here = tx.deployments.of_commit(asked.repository, commit) if commit else ()
        rows = [*tx.deployments.of_pull(asked.repository, asked.number), *here]
        commits = {(row.target, row.commit) for row in rows}
        for target in {row.target for row in rows}:
            every = tx.deployments.of_target(asked.repository, target)
            rows += [each for each in every if each.rollback and (target, each.base) in commits]
    newest: dict[Target, Deployment] = {}
    for row in rows:
        newest[row.target] = max(newest.get(row.target, row), row, key=lambda each: each.seq)
    return sorted(newest.values(), key=lambda row: row.target)


def commit_of(tx: Transaction, asked: Asked) -> str:
    """The commit that the issue is about; empty on a pull."""
    said = tx.slots.get(asked.subject, ISSUE)
    return said.digest if said else ""


def ruling(asked: Asked, row: Deployment) -> list[Environment]:
    """A row's environment under every rule that judges it, and by the newest: what a pull says about deployers helps no
    deployment of its own. Raises UserMistake when rules are no longer to be had."""
    judged = [each.environment for each in rulings(asked.ports.workspace, asked.where, row)]
    newest = environment_by(asked.config, row.target)
    return [*judged, newest] if newest else judged


def note(tx: Transaction, asked: Asked, action: str, target: str = "", detail: str = "") -> None:
    """An entry in the audit about what this person said here."""
    now, subject = asked.ports.clock.now(), f"#{asked.number}"
    tx.audit.add(Entry(now, asked.repository, target, asked.person.login, action, subject, detail))


def due(tx: Transaction, row: Deployment) -> None:
    """Look at a deployment's target, and say what changed."""
    tx.jobs.put(look_job(row.repository, row.target))
    tx.jobs.put(say_commit_job(row.repository, row.commit))
    for number in pulls_of(tx, row):
        tx.jobs.put(say_pull_job(row.repository, number))
